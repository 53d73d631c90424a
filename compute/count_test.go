package compute

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tdlake/tdlake/frame"
)

// everyDay is prices from the first of January on, a row a day and identifier. value returns false where the row has none.
func everyDay(ids []string, value func(day int, at time.Time, id int) (float64, bool)) *frame.Frame {
	b := frame.NewBuilder(frame.Long("close"))
	at := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	for day := range 243 {
		for k, id := range ids {
			b.Time(0, at.UnixMicro())
			b.String(1, id)
			if v, ok := value(day, at, k); ok {
				b.Float(2, v)
			} else {
				b.Missing(2)
			}
		}
		at = at.AddDate(0, 0, 1)
	}
	return b.Frame()
}

// TestRowsWithoutAValueAreNoRowsOfReturns: prices of every day of the calendar, weekends without a value. Returns have neither a weekend nor a Monday, and
// a window of twenty goes back as far as it takes.
func TestRowsWithoutAValueAreNoRowsOfReturns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	w := world{"prices": everyDay([]string{"A"}, func(_ int, at time.Time, _ int) (float64, bool) {
		return 50 + rng.NormFloat64(), at.Weekday()%6 != 0
	})}
	p := pipeline(t, "raw: {kind: returns, input: prices, column: close}",
		"twenty: {kind: rolling, input: raw, function: mean, in_window: 20}", "sixty: {kind: rolling, input: raw, function: mean, in_window: 60}")
	alone, beside := aloneAndBeside(t, w, node(t, p, "twenty", nil), node(t, p, "sixty", nil))
	sameFrame(t, "beside a longer window", alone, beside)
	if want := 18; alone.Rows() != want { // Tuesdays to Fridays of August 2022
		t.Errorf("%d rows, not %d", alone.Rows(), want)
	}
}

// TestUnlikeAnswers: of two members that are one, which comes first decides between answers that are equally good, and it is the same whatever is planned
// and wherever the range begins.
func TestUnlikeAnswers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	level := []float64{50, 50, 50, 50}
	w := world{"prices": everyDay([]string{"A", "B", "C", "T"}, func(_ int, _ time.Time, id int) (float64, bool) {
		if id == 0 {
			a, c := 0.01*rng.NormFloat64(), 0.01*rng.NormFloat64()
			for k, r := range []float64{a, a, c, (a+c)/2 + 0.001*rng.NormFloat64()} {
				level[k] *= 1 + r
			}
		}
		return level[id], true
	})}
	members := frame.NewBuilder(frame.Schema{Key: 2, Fields: []frame.Field{
		{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: frame.UniqueIdentifier, Type: frame.String}, {Name: "weight", Type: frame.Float64},
	}})
	for _, m := range []struct{ day, id string }{{"2022-04-01", "B"}, {"2022-04-01", "C"}, {"2022-08-10", "A"}, {"2022-08-10", "B"}, {"2022-08-10", "C"}} {
		members.Time(0, micros(m.day))
		members.String(1, m.id)
		members.Float(2, 1)
	}
	w["members"] = members.Frame()
	p := pipeline(t, "members: {kind: table, table: members, columns: [weight]}",
		"fit: {kind: lasso, input: returns, ticker_to_replicate: T, universe: {node: members}, in_window: 20, lasso_alpha: 1e-6}",
		"other: {kind: rolling, input: fit, column: weight, function: mean, in_window: 3}")
	n := node(t, p, "fit", nil)
	end := micros("2022-09-01")
	late := outputs(t, w, micros("2022-08-15"), end, Options{}, n)[0]
	sameFrame(t, "beside another node", late, outputs(t, w, micros("2022-08-15"), end, Options{}, n, node(t, p, "other", nil))[0])
	sameFrame(t, "from earlier on", late, outputs(t, w, micros("2022-08-05"), end, Options{}, n)[0].Between(micros("2022-08-15"), end))
}
