package cli

import (
	"math"
	"testing"

	"github.com/tdlake/tdlake/sweeps/verdict"
)

func TestRequirements(t *testing.T) {
	document := map[string]any{"a": map[string]any{"b": 0.04, "name": "x"}, "n": 3, "none": verdict.Number(math.NaN())}
	for _, c := range []struct {
		text string
		code int
	}{
		{"a.b < 0.05", exitDone},
		{"a.b<=0.04", exitDone},
		{"a.b > 0.05", exitCondition},
		{" n == 3 ", exitDone},
		{"n != 3", exitCondition},
		{"n >= 3.5", exitCondition},
		{"none < 1", exitCondition},
		{"a.c < 1", exitUsage},
		{"a.b.c < 1", exitUsage},
		{"a.name < 1", exitUsage},
		{"a < 1", exitUsage},
		{"a.b < x", exitUsage},
		{"a.b", exitUsage},
		{"< 1", exitUsage},
		{"", exitUsage},
	} {
		r, err := parseRequirement(c.text)
		if err == nil {
			err = r.check(document)
		}
		if got := exitCode(err); got != c.code {
			t.Errorf("%q: code %d (%v), want %d", c.text, got, err, c.code)
		}
	}
}
