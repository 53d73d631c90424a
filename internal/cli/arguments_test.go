package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestArguments(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("plainfile", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join("portfolio", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		most int
		want string
	}{
		{nil, 0, "tdlake.yaml [] []"},
		{[]string{"my"}, 0, "my [] []"},
		{[]string{"my.yaml", "a=1"}, 0, "my.yaml [] [a:1]"},
		{[]string{"portfolio"}, 1, "tdlake.yaml [portfolio] []"},
		{[]string{"my.yml"}, 1, "my.yml [] []"},
		{[]string{"plainfile"}, 1, "plainfile [] []"},
		{[]string{"plainfile", "portfolio", "a=[1, 2]", "b="}, 1, "plainfile [portfolio] [a:[1, 2] b:]"},
		{[]string{"select a=1"}, 1, "tdlake.yaml [select a=1] []"},
		{[]string{"A", "B"}, 2, "tdlake.yaml [A B] []"},
		{[]string{"c", "A", "B"}, 2, "c [A B] []"},
		{[]string{"a", "b"}, 0, `one argument too many: "b"`},
		{[]string{"a", "b", "c"}, 1, `one argument too many: "c"`},
	} {
		a, err := parseArguments(c.args, c.most)
		got := fmt.Sprintf("%s %v [", a.config, a.rest)
		for i, o := range a.overrides {
			if i > 0 {
				got += " "
			}
			got += o.Name + ":" + o.Text
		}
		got += "]"
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.args, got, c.want)
		}
	}
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		text string
		want size
	}{
		{"4GiB", 4 << 30}, {"4g", 4 << 30}, {"500MB", 500e6}, {"1.5 KiB", 1536}, {"1000000", 1e6}, {"12b", 12},
		{"", 0}, {"GiB", 0}, {"-1", 0}, {"4 parsecs", 0}, {"1e30", 0}, {"nan", 0},
	} {
		var got size
		err := got.Set(c.text)
		if got != c.want || (err == nil) != (c.want > 0) {
			t.Errorf("%q: %d (%v), want %d", c.text, got, err, c.want)
		}
	}
}
