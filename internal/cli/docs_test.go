package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/demo"
)

func configurationPage(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section returns the text under a heading, up to the next one.
func section(t *testing.T, page, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, "\n"+heading+"\n")
	if !ok {
		t.Errorf("docs/configuration.md has no heading %q", heading)
		return ""
	}
	if i := strings.Index(rest, "\n#"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

func TestDocsNameEveryParameterOfEveryKind(t *testing.T) {
	page := configurationPage(t)
	for _, k := range graph.Kinds() {
		text := section(t, page, "### "+k.Name)
		for _, p := range k.Params {
			if !p.Inner && !strings.Contains(text, "`"+p.Name+"`") {
				t.Errorf("%s: nothing on the parameter %s", k.Name, p.Name)
			}
			for _, word := range p.Enum {
				if !strings.Contains(text, "`"+word+"`") {
					t.Errorf("%s: nothing on %s: %s", k.Name, p.Name, word)
				}
			}
		}
		for _, in := range k.Inputs {
			if !in.Inner && !strings.Contains(text, "`"+in.Role+"`") {
				t.Errorf("%s: nothing on the input %s", k.Name, in.Role)
			}
		}
	}
}

func TestDocsNameEveryMetricAndGlobalFlag(t *testing.T) {
	page := configurationPage(t)
	for _, m := range config.BuiltinMetrics {
		if !strings.Contains(section(t, page, "### metrics"), "| `"+m+"` |") {
			t.Errorf("nothing on the metric %s", m)
		}
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	(&app{}).addFlags(flags)
	flags.VisitAll(func(f *pflag.Flag) {
		if !strings.Contains(section(t, page, "## On the command line"), "`--"+f.Name) {
			t.Errorf("nothing on the flag --%s", f.Name)
		}
	})
}

func TestConfigsThatComeWithTheProgramAreGood(t *testing.T) {
	for name, text := range map[string][]byte{"starter": starterConfig, "demo": demo.Config} {
		c, err := config.Parse(name, text, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if _, err := graph.New(c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
