package compute

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// held is a portfolio of weights by hand: those of the tables buys and sells, in their column weight.
var held = []string{
	"earned: {kind: returns, input: prices, column: close}", "buys: {kind: table, table: buys, columns: [weight]}", "sells: {kind: table, table: sells, columns: [weight]}",
	"free: {kind: long_short_portfolio, returns: earned, long: buys, short: sells}",
	"paid: {kind: long_short_portfolio, returns: earned, long: buys, short: sells, fee: 0.5}",
}

func weights(t *testing.T, rows ...string) *frame.Frame {
	t.Helper()
	prices := tiny(t, rows...)["prices"]
	f, err := frame.New(frame.Long("weight"), []arrow.Array{prices.Column(0), prices.Column(1), prices.Column(2)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// text writes a portfolio a row a line: return, return_minus_fees, portfolio, turnover.
func text(t *testing.T, f *frame.Frame) string {
	t.Helper()
	out := ""
	for i, at := range f.Times() {
		out += time.UnixMicro(at).UTC().Format("01-02")
		for _, name := range []string{"return", "return_minus_fees", "portfolio", "turnover"} {
			v, err := f.Floats(name)
			if err != nil {
				t.Fatal(err)
			}
			out += fmt.Sprintf(" %.4g", v[i])
		}
		out += "\n"
	}
	return out
}

func TestAPortfolioEndsAtItsRuin(t *testing.T) {
	w := tiny(t, "2022-04-08 A 10", "2022-04-08 B 10", "2022-04-11 A 10", "2022-04-12 A 12", "2022-04-13 A 0", "2022-04-14 A 5", "2022-04-15 A 6",
		"2022-04-11 B 10", "2022-04-12 B 11", "2022-04-13 B 15", "2022-04-14 B 5", "2022-04-15 B 6")
	var days []string
	for day := 11; day <= 15; day++ {
		days = append(days, fmt.Sprintf("2022-04-%d", day))
	}
	for name, want := range map[string]string{
		"free": "04-12 0.1 0.1 1.1 0\n04-13 -1.364 -1.364 0 0\n04-14 NaN NaN NaN NaN\n04-15 NaN NaN NaN NaN\n",
		"paid": "04-12 0.1 -0.9 0.1 0\n04-13 -1.364 -1.364 0 0\n04-14 NaN NaN NaN NaN\n04-15 NaN NaN NaN NaN\n",
	} {
		var buys, sells []string
		for _, day := range days {
			buys, sells = append(buys, day+" A 1"), append(sells, day+" B 1")
		}
		w["buys"], w["sells"] = weights(t, buys...), weights(t, sells...)
		p := pipeline(t, held...)
		got := text(t, outputs(t, w, micros("2022-04-11"), micros("2022-05-01"), Options{}, node(t, p, name, nil))[0])
		if got != want {
			t.Errorf("%s:\n%snot\n%s", name, got, want)
		}
	}
}

// leveraged is a market whose weights are so large that portfolios end, and lack days.
func leveraged(t *testing.T, seed uint64) world {
	rng := rand.New(rand.NewPCG(seed, 5))
	var prices, buys, sells []string
	level := []float64{50, 50, 50}
	for day := range 40 {
		date := time.Date(2022, 4, 4+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
		for k, id := range []string{"A", "B", "C"} {
			level[k] *= math.Exp(0.02 * rng.NormFloat64())
			if rng.IntN(150) == 0 {
				level[k] = 0
			}
			prices = append(prices, fmt.Sprint(date, " ", id, " ", level[k]))
			if gaps := seed%2 == 0 && rng.IntN(12) == 0; !gaps {
				buys = append(buys, fmt.Sprint(date, " ", id, " ", 12*rng.Float64()))
				sells = append(sells, fmt.Sprint(date, " ", id, " ", 12*rng.Float64()))
			}
		}
	}
	w := tiny(t, prices...)
	w["buys"], w["sells"] = weights(t, buys...), weights(t, sells...)
	return w
}

// TestRuinIsTheSameHoweverItIsReached holds rows evaluated as a sweep reads them, and as an update goes on, against a loop over the returns.
func TestRuinIsTheSameHoweverItIsReached(t *testing.T) {
	ruins := 0
	for seed := range uint64(20) {
		w, p := leveraged(t, seed), pipeline(t, held...)
		for _, name := range []string{"free", "paid"} {
			n := node(t, p, name, nil)
			start, end := micros("2022-04-11"), micros("2022-05-20")
			whole := outputs(t, w, start, end, Options{}, n)[0]
			if endsAtZero(t, whole) {
				ruins++
			}
			sameSeries(t, w, start, end, n, whole)
			sameContinued(t, w, start, end, n, whole)
		}
	}
	if ruins < 10 || ruins == 40 {
		t.Fatalf("%d of 40 portfolios end", ruins)
	}
}

// endsAtZero checks the value against its definition and reports whether it came to an end.
func endsAtZero(t *testing.T, f *frame.Frame) bool {
	t.Helper()
	net, _ := f.Floats("return_minus_fees")
	got, _ := f.Floats("portfolio")
	value := 1.0
	for i := range got {
		before := value
		value *= 1 + net[i]
		switch {
		case before == 0:
			if net[i] == net[i] || got[i] == got[i] {
				t.Fatalf("row %d, after the end: %v, %v", i, net[i], got[i])
			}
			value = 0
		case value <= 0:
			value = 0
			fallthrough
		default:
			if got[i] != value {
				t.Fatalf("row %d: %v, not %v", i, got[i], value)
			}
		}
	}
	return value == 0
}

func sameSeries(t *testing.T, w world, start, end int64, n *graph.Node, want *frame.Frame) {
	t.Helper()
	e, err := New(w, start, end, w, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Plan(context.Background(), []*graph.Node{n}, nil); err != nil {
		t.Fatal(err)
	}
	var s Series
	if ok, err := e.Series(context.Background(), n, &s); !ok || err != nil {
		t.Fatal(ok, err)
	}
	sameFrame(t, n.Name+" as a series", want, s.rows.frame())
}

func sameContinued(t *testing.T, w world, start, end int64, n *graph.Node, whole *frame.Frame) {
	t.Helper()
	values, _ := whole.Floats("portfolio")
	for rows := 1; rows < whole.Rows(); rows += 5 {
		at := whole.Times()[rows-1] + 1
		before, _, err := w.Back(context.Background(), n.In("returns")[0].In("input")[0], at, 1)
		if err != nil {
			t.Fatal(err)
		}
		value := values[rows-1]
		if value != value {
			value = 0
		}
		rest := outputs(t, w, before, end, Options{Continue: &Continued{Start: start, At: at, Value: value}}, n)[0]
		joined, err := frame.Concat(whole.Slice(0, rows), rest)
		if err != nil {
			t.Fatal(err)
		}
		sameFrame(t, fmt.Sprint(n.Name, " continued after row ", rows), whole, joined)
	}
}
