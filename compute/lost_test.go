package compute

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
)

// twoCalendars has COIN each day and SHARE on weekdays, and FUND like SHARE with a single day missing.
func twoCalendars() world {
	rng := rand.New(rand.NewPCG(4, 2))
	b := frame.NewBuilder(frame.Long("close"))
	level := map[string]float64{"COIN": 100, "FUND": 50, "SHARE": 20}
	for day := range 150 {
		at := micros("2022-01-03") + int64(day)*86400e6 // a Monday
		for _, id := range []string{"COIN", "FUND", "SHARE"} {
			level[id] *= 1 + 0.01*rng.NormFloat64()
			if id == "COIN" || day%7 < 5 && !(id == "FUND" && day == 101) {
				b.Time(0, at)
				b.String(1, id)
				b.Float(2, level[id])
			}
		}
	}
	return world{"prices": b.Frame()}
}

// TestWhoLosesWhatIsTold: an identifier that others' days cost values is named, with how many, once; one that loses nothing, or next to nothing, is not.
func TestWhoLosesWhatIsTold(t *testing.T) {
	returns := "r: {kind: returns, input: prices, column: close"
	for _, c := range []struct {
		name  string
		nodes []string
		want  []string // in the warnings, which are as many; a ! before what must not be in them
	}{
		{"the day after the weekend", []string{returns + "}", "it: {kind: lag, input: r, rows: own}"},
			[]string{"node r: |!COIN|FUND loses 9 of 37 values|SHARE loses 8 of 38 values|\nhint: rows: own counts"}},
		{"every window", []string{returns + ", rows: own}", "it: {kind: rolling, input: r, function: std, in_window: 9}"},
			[]string{"node it: |SHARE loses 38 of 38"}},
		{"own rows", []string{returns + ", rows: own}", "it: {kind: rolling, input: r, function: std, in_window: 9, rows: own}"}, nil},
		{"enough values", []string{returns + ", rows: own}", "it: {kind: rolling, input: r, function: mean, in_window: 14, min_periods: 9}"}, nil},
		{"a day alone", []string{"shares: {kind: sql, inputs: {x: prices}, lookback: 0, query: \"select * from x where unique_identifier <> 'COIN'\"}", "it: {kind: returns, input: shares, column: close}"}, nil},
		{"held prices", []string{"held: {kind: interpolate, input: prices, method: previous}", "it: {kind: returns, input: held, column: close}"}, nil},
		{"a lag", []string{"it: {kind: lag, input: prices, rows: 2}"}, []string{"node it: |SHARE loses 14 of 36|hint: rows: own, periods: 2 counts"}},
		{"a regression's ticker", []string{returns + ", rows: own}", "it: {kind: lasso, input: r, ticker_to_replicate: SHARE, universe: [COIN], in_window: 20, lasso_alpha: 0}"},
			[]string{"node it: it has no rows: |SHARE|\nhint: rows: own counts"}},
		{"a regression's feature", []string{returns + ", rows: own}", "it: {kind: lasso, input: r, ticker_to_replicate: COIN, universe: [SHARE], in_window: 20, lasso_alpha: 0}"},
			[]string{"node it: |no feature|SHARE|interpolate"}},
		{"own rows of the ticker", []string{returns + ", rows: own}", "it: {kind: lasso, input: r, ticker_to_replicate: SHARE, universe: [COIN], in_window: 20, lasso_alpha: 0, rows: own}"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var warnings []string
			n := node(t, pipeline(t, c.nodes...), "it", nil)
			out := outputs(t, twoCalendars(), micros("2022-04-11"), micros("2022-06-02"), Options{Jobs: 1, Warn: func(s string) { warnings = append(warnings, s) }}, n)[0]
			if c.want == nil && out.Rows() < 30 {
				t.Errorf("%d rows", out.Rows())
			}
			if len(warnings) != len(c.want) {
				t.Fatalf("%d warnings: %q", len(warnings), warnings)
			}
			for i, want := range c.want {
				for _, words := range strings.Split(want, "|") {
					absent := strings.TrimPrefix(words, "!")
					if strings.Contains(warnings[i], absent) == (absent != words) {
						t.Errorf("%q, want %q", warnings[i], words)
					}
				}
			}
		})
	}
}

// TestLostRows compares with the definition, of windows that are looked at one by one.
func TestLostRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		values := make([]float64, 30)
		for i := range values {
			if values[i] = float64(i); rng.IntN(4) == 0 {
				values[i] = math.NaN()
			}
		}
		need := 2 + rng.IntN(5)
		least := rng.IntN(need + 1)
		got := lostRows(values, need, least)
		for i, v := range values {
			if want := lostAt(values[:i+1], need, least); got[i] != want {
				t.Fatal(fmt.Sprint(values, need, least, i, v, got[i], want))
			}
		}
	}
}

func lostAt(values []float64, need, least int) int8 {
	var own []float64
	for _, v := range values {
		if v == v {
			own = append(own, v)
		}
	}
	last := values[len(values)-1]
	if last != last || len(own) < need {
		return unasked
	}
	window := values[len(values)-need:]
	n := 0
	for _, v := range window {
		if v == v {
			n++
		}
	}
	if least == ends && window[0] == window[0] || least != ends && n >= least {
		return no
	}
	return yes
}
