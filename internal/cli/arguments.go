package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/tdlake/tdlake/config"
)

// defaultConfig is the file that commands read where none is named.
const defaultConfig = "tdlake.yaml"

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// arguments is a command line after its flags: the config, what else was named, and NAME=VALUE pairs.
type arguments struct {
	config    string
	rest      []string
	overrides []config.Override
}

// parseArguments sorts a command's arguments. Up to most of them may follow CONFIG; where fewer than that and CONFIG are given, the first
// is CONFIG only if it looks like one, so that "tdlake run portfolio" and "tdlake run my.yaml" both mean what they say.
func parseArguments(args []string, most int) (arguments, error) {
	a := arguments{config: defaultConfig}
	for _, arg := range args {
		if m := assignment.FindString(arg); m != "" {
			a.overrides = append(a.overrides, config.Override{Name: m[:len(m)-1], Text: arg[len(m):]})
			continue
		}
		a.rest = append(a.rest, arg)
	}
	if len(a.rest) > 0 && (len(a.rest) > most || looksLikeConfig(a.rest[0])) {
		a.config, a.rest = a.rest[0], a.rest[1:]
	}
	if len(a.rest) > most {
		return a, usagef("see the command's --help", "one argument too many: %q", a.rest[most])
	}
	return a, nil
}

func looksLikeConfig(arg string) bool {
	switch strings.ToLower(filepath.Ext(arg)) {
	case ".yaml", ".yml":
		return true
	}
	info, err := os.Stat(arg)
	return err == nil && info.Mode().IsRegular()
}
