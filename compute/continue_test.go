package compute

import (
	"context"
	"testing"

	"github.com/tdlake/tdlake/frame"
)

func TestAPortfolioGoesOn(t *testing.T) {
	w, p := newWorld(5), pipeline(t)
	n := node(t, p, "portfolio", nil)
	start, end := micros("2022-04-11"), micros("2022-12-01")
	whole := outputs(t, w, start, end, Options{}, n)[0]
	values, err := whole.Floats("portfolio")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	for _, rows := range []int{1, 2, 17, 80, whole.Rows() - 1} {
		at := whole.Times()[rows-1] + 1
		before, _, err := w.Back(ctx, node(t, p, "prices", nil), at, 1)
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Continue: &Continued{Start: start, At: at, Value: values[rows-1]}}
		rest := outputs(t, w, before, end, o, n)[0]
		joined, err := frame.Concat(whole.Slice(0, rows), rest)
		if err != nil {
			t.Fatal(err)
		}
		sameFrame(t, "continued", whole, joined)
	}
}
