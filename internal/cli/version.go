package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/tdlake/tdlake/duck"
)

// version says what is running, without opening DuckDB: the module's version or revision, the format of lakes that it writes, and the
// DuckDB that is linked in.
func version() string {
	return fmt.Sprintf("tdlake %s\nlake format %d\nDuckDB %s\n%s %s/%s",
		buildVersion(), lakeFormat, duck.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	v := strings.Trim(info.Main.Version, "()")
	if revision := settings["vcs.revision"]; v == "devel" && len(revision) >= 12 {
		v += " " + revision[:12]
		if settings["vcs.modified"] == "true" {
			v += ", modified"
		}
	}
	return v
}

const lakeFormat = 1
