package sweeps

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// fates are portfolios by their alpha: quiet, lively, ruined, and one that is short.
func fates(_ context.Context, n *graph.Node) (*frame.Frame, error) {
	s := Series{Returns: []float64{0.01, 0.02, 0.01}, Turnover: []float64{1, 1, 1}}
	switch n.In("long")[0].Params.Float("lasso_alpha") {
	case 0.2:
		s = Series{Returns: []float64{0.5, -0.2, 0.4}, Turnover: []float64{3, 3, 3}}
	case 0.3:
		s = Series{Returns: []float64{9, -1.5, nan}, Turnover: []float64{0.5, 0.5, nan}}
	case 0.4:
		s = Series{Returns: []float64{5, 5}, Turnover: []float64{0.1, 0.1}}
	}
	s.Portfolio = compounded(s.Returns)
	return portfolioFrame(s), nil
}

// TestPointsAreRankedByWhatIsBetter: by the first metric, another one, or the one that the config names; the small values of some are the better ones.
// Points of full length come first, and those that ended last among points of one length.
func TestPointsAreRankedByWhatIsBetter(t *testing.T) {
	const space = "\nsweep:\n  vary: {alpha: [0.1, 0.2, 0.3, 0.4]}\n  metrics: {total_return: , turnover: , worst: \"min(return_minus_fees)\"}\n"
	for _, c := range []struct{ rank, by, want string }{
		{"", "", "total_return descending 0.2 0.1 0.3 0.4"},
		{"", "turnover", "turnover ascending 0.1 0.2 0.3 0.4"},
		{"", "worst", "worst descending 0.1 0.2 0.3 0.4"},
		{"  rank: {by: worst, order: ascending}\n", "", "worst ascending 0.2 0.1 0.3 0.4"},
		{"  rank: {by: worst, order: ascending}\n", "turnover", "turnover ascending 0.1 0.2 0.3 0.4"},
		{"  rank: {by: turnover, order: descending}\n", "", "turnover descending 0.2 0.1 0.3 0.4"},
		{"  rank: {order: ascending}\n", "", "total_return ascending 0.1 0.2 0.3 0.4"},
	} {
		w := newWorld(t)
		w.run(space+c.rank, EngineFunc(fates), Options{})
		r, err := w.plan(space+c.rank).RankedBy(0, c.by) // as it is read again
		if err != nil {
			t.Fatal(err)
		}
		got := r.By + " " + r.Order
		for _, row := range r.Rows {
			got += fmt.Sprint(" ", row[0])
		}
		if got != c.want || r.Ruined != 1 || r.Warned != 1 || r.Fewer != 1 {
			t.Errorf("rank %q by %q: %s, %d ruined, %d warned, %d fewer; want %s", c.rank, c.by, got, r.Ruined, r.Warned, r.Fewer, c.want)
		}
	}
	for _, wrong := range []string{"  rank: {by: totalreturn}\n", "  rank: {order: up}\n", "  rank: {sort: x}\n"} {
		if _, _, err := load(space + wrong); err == nil || !strings.Contains(err.Error(), "rank") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// TestPointsSayWhenTheyEnded: ruin_time and warning of the file of points.
func TestPointsSayWhenTheyEnded(t *testing.T) {
	p := newWorld(t).run("\nsweep:\n  vary: {alpha: [0.1, 0.3]}\n  metrics: {last: \"last(portfolio)\"}\n", EngineFunc(fates), Options{})
	got := queryFiles(t, p.Dir, "select string_agg(concat_ws(' ', alpha, epoch_us(ruin_time) // 86400000000, warning), '; ' order by alpha) from 'DIR/points-*.parquet'")
	want := "0.1; 0.3 19001 the portfolio is worth nothing at 2022-01-09: it ends there, and what comes after is missing"
	if text := got.Columns[0].ValueStr(0); text != want {
		t.Errorf("%s\nnot\n%s", text, want)
	}
}
