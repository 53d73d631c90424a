package compute

import (
	"fmt"
	"math"
	"slices"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// returns is the change from the price `periods` rows of the grid, or of the identifier, before: p1/p0 - 1 (simple) or ln(p1/p0) (log). A return
// from a price that is missing, zero or negative is missing, and so is one to a missing or negative price. One to a price of 0 is -1: a bankruptcy
// is a loss, not a gap. Its logarithm is no number, so under log it is missing.
func returns(in *Result, p graph.Params, s span) (*Result, error) {
	prices, err := in.Panel()
	if err != nil {
		return nil, err
	}
	_, grid, err := oneColumn(prices, p.String("column"), "")
	if err != nil {
		return nil, err
	}
	change := simpleReturn
	log := p.String("method") == "log"
	if log {
		change = logReturn
	}
	periods := p.Int("periods")
	out := emptyLike(prices, "return")
	alongRows(in, prices, p.OwnRows(), grid, out.Data[0], func(_ []int64, price, out []float64) {
		for i := periods; i < len(price); i++ {
			if p0, p1 := price[i-periods], price[i]; p0 > 0 && p1 >= 0 {
				out[i] = finite(change(p0, p1))
			}
		}
	})
	res := ofPanel(out.Between(s.from, s.end))
	res.warnings = pricesWithoutReturns(prices, grid, log, s)
	return res, nil
}

// pricesWithoutReturns names prices that no return can be computed to.
func pricesWithoutReturns(p *frame.Panel, grid [][]float64, log bool, s span) (all []string) {
	worthless, negative := tally{}, tally{}
	from, _ := slices.BinarySearch(p.Times, s.start)
	end, _ := slices.BinarySearch(p.Times, s.end)
	for j, id := range p.IDs {
		for i := from; i < end; i++ {
			switch price := grid[j][i]; {
			case price < 0:
				negative.add(id, p.Times[i])
			case price == 0 && log:
				worthless.add(id, p.Times[i])
			}
		}
	}
	if n := worthless.rows(); n > 0 {
		all = append(all, fmt.Sprintf("%s of 0, whose logarithm is no number: returns to it are missing: %s", counted(n, "price", "prices"), worthless))
	}
	if n := negative.rows(); n > 0 {
		all = append(all, fmt.Sprintf("%s below 0: returns from and to it are missing: %s", counted(n, "price", "prices"), negative))
	}
	return all
}

func simpleReturn(p0, p1 float64) float64 { return p1/p0 - 1 }

func logReturn(p0, p1 float64) float64 { return math.Log(p1 / p0) }

// finite turns what overflowed into a missing value.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}

// emptyLike returns a panel on the grid and identifiers of another, with missing values in columns of the given names.
func emptyLike(p *frame.Panel, names ...string) *frame.Panel {
	return frame.NewPanel(p.Times, p.IDs, names...)
}

// lag holds at each row the values of some rows of the grid before; of the identifier before, at its own rows alone.
func lag(in *Result, p graph.Params, s span) (*Result, error) {
	panel, err := in.Panel()
	if err != nil {
		return nil, err
	}
	names := p.Strings("columns")
	if len(names) == 0 {
		names = panel.Names
	}
	rows := p.LagRows()
	out := emptyLike(panel, names...)
	for c, name := range names {
		grid, err := panel.Column(name)
		if err != nil {
			return nil, err
		}
		alongRows(in, panel, p.OwnRows(), grid, out.Data[c], func(_ []int64, values, out []float64) {
			if rows < len(values) {
				copy(out[rows:], values)
			}
		})
	}
	return ofPanel(out.Between(s.from, s.end)), nil
}
