package expression

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of functions into docs/expressions.md")

// TestDocsHaveEveryFunction holds the tables in docs/expressions.md to the table of functions.
func TestDocsHaveEveryFunction(t *testing.T) {
	const path, begin, end = "../../docs/expressions.md", "<!-- functions -->\n", "<!-- end of functions -->"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(text), begin)
	_, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatal("docs/expressions.md lacks the marks between which the functions stand")
	}
	want := before + begin + tables() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Error("docs/expressions.md is not what the table of functions says: go test ./graph/expression -update")
	}
}

func tables() string {
	var b strings.Builder
	for _, class := range []struct {
		class Class
		title string
	}{
		{Window, "Over time: the last n rows of the same identifier, up to and including the row"},
		{State, "State: the latest event of the last n rows of the same identifier"},
		{Across, "Across identifiers: all that have a row at the same time, or those of a group with by="},
		{Element, "Of the row itself"},
	} {
		fmt.Fprintf(&b, "\n### %s\n\n| function | what it is | in pandas |\n|---|---|---|\n", class.title)
		for _, f := range Functions {
			if f.Class == class.class {
				pandas := ""
				if f.Pandas != "" {
					pandas = "`" + strings.ReplaceAll(f.Pandas, "|", "\\|") + "`"
				}
				fmt.Fprintf(&b, "| `%s` | %s | %s |\n", strings.ReplaceAll(f.signature(), "|", "\\|"), strings.ReplaceAll(f.Doc, "|", "\\|"), pandas)
			}
		}
	}
	return b.String() + "\n"
}
