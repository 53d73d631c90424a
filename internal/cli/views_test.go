package cli

import (
	"fmt"
	"testing"

	"github.com/tdlake/tdlake/lake"
)

func TestRuns(t *testing.T) {
	parts := func(starts ...int64) (out []lake.Part) {
		for _, s := range starts {
			out = append(out, lake.Part{Span: lake.Span{Start: s, End: s + 10}})
		}
		return out
	}
	for _, c := range []struct {
		span lake.Span
		want string // the starts of each run's parts
	}{
		{lake.Span{Start: 0, End: 40}, "[[0 10 20 30]]"},
		{lake.Span{Start: 5, End: 40}, "[[0] [10 20 30]]"},
		{lake.Span{Start: 5, End: 35}, "[[0] [10 20] [30]]"},
		{lake.Span{Start: 5, End: 15}, "[[0 10]]"},
		{lake.Span{Start: 10, End: 20}, "[[10]]"},
		{lake.Span{Start: 50, End: 60}, "[[0]]"},
	} {
		var got [][]int64
		for _, run := range runs(parts(0, 10, 20, 30), c.span) {
			var starts []int64
			for _, p := range run {
				starts = append(starts, p.Span.Start)
			}
			got = append(got, starts)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%v: %v, want %s", c.span, got, c.want)
		}
	}
}
