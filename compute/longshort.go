package compute

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/lanes"
)

// longShort is a portfolio of two legs: the long leg's return less the short leg's. Weights stamped t earn the next row's
// returns. It has a row wherever both legs have weights at the row before, from datalake_start on.
//
//	return             = long leg's return - short leg's
//	turnover           = sum of |weight - weight of the row before| over both legs, of the weights stamped at the row;
//	                     missing where they are
//	return_minus_fees  = return - fee * turnover of the weights that earned it
//	portfolio          = product of 1 + return_minus_fees so far
//
// At the row where it would be 0 or less it is 0, and ends: the rows after it are missing in every column.
//
// The first weights are bought from nothing, as are those after a row without weights.
func (e *Engine) longShort(ctx context.Context, n *graph.Node) (*Result, error) {
	p := &portfolio{}
	if err := e.portfolio(ctx, n, p); err != nil {
		return nil, err
	}
	return &Result{portfolio: p, warnings: p.warnings}, nil
}

// portfolio evaluates a portfolio's legs and joins them into p, whose memory it uses again.
func (e *Engine) portfolio(ctx context.Context, n *graph.Node, p *portfolio) error {
	returns, column := n.In("returns")[0], n.Params.String("column")
	long, err := e.leg(ctx, legName{returns, column, n.In("long")})
	if err != nil {
		return err
	}
	short, err := e.leg(ctx, legName{returns, column, n.In("short")})
	if err != nil {
		return err
	}
	return p.join(long, short, n.Params.Float("fee"), e.stretch())
}

// join fills p with the portfolio of two legs, and with what there is to say of it.
func (p *portfolio) join(long, short *leg, fee float64, s stretch) error {
	if err := p.joinRows(long, short, fee, s); err != nil {
		return err
	}
	p.warnings = union(long.Warnings, short.Warnings)
	if p.ruin != notRuined || len(long.Unpriced)+len(short.Unpriced) > 0 {
		p.warnings = union(p.warnings, p.concerns(long, short))
	}
	return nil
}

// concerns says whether the portfolio comes to its end, and which positions were held without a return.
func (p *portfolio) concerns(long, short *leg) (all []string) {
	if p.ruin != notRuined {
		all = append(all, RuinWarning(p.times[p.ruin]))
	}
	last := len(p.times) - 1
	if p.ruin != notRuined {
		last = p.ruin
	}
	if last < 0 {
		return all
	}
	unpriced := tally{}
	for side, l := range []*leg{long, short} {
		for _, u := range l.Unpriced {
			for i := max(u.From, 1); i < u.To; i++ {
				t := l.Times[i]
				counts := t >= p.times[0] && t <= p.times[last] && long.Has[i-1] && short.Has[i-1]
				if counts && !(side == 1 && long.isUnpriced(u.ID, i)) {
					unpriced.add(u.ID, t)
				}
			}
		}
	}
	if n := unpriced.rows(); n > 0 {
		all = append(all, fmt.Sprintf("%s a position that is held has no return, which counts as 0: %s", counted(n, "time", "times"), unpriced))
	}
	return all
}

func (l *Leg) isUnpriced(id string, row int) bool {
	return slices.ContainsFunc(l.Unpriced, func(u Unpriced) bool { return u.ID == id && u.From <= row && row < u.To })
}

// RuinWarning says that a portfolio ends at a time.
func RuinWarning(at int64) string {
	return fmt.Sprintf("the portfolio is worth nothing at %s: it ends there, and what comes after is missing", showTime(at))
}

// joinRows fills p with the portfolio of two legs, which are on the same grid, over a range.
func (p *portfolio) joinRows(long, short *leg, fee float64, s stretch) error {
	if len(long.Times) != len(short.Times) {
		return fmt.Errorf("legs of %d and %d rows", len(long.Times), len(short.Times))
	}
	first, _ := slices.BinarySearch(long.Times, s.from)
	first = max(first, 1) // the first row of all has no weights to earn its returns
	begin, _ := slices.BinarySearch(long.Times, s.begin)
	begin = max(begin, 1)
	end, _ := slices.BinarySearch(long.Times, s.end)
	if from := max(first, long.first+1, short.first+1); fee == 0 && long.whole && short.whole && from < end {
		return p.joinWhole(long, short, from, end, s)
	}
	p.resize(max(0, end-first))
	value, k, ruined := s.value, 0, false
	for i := first; i < end; i++ {
		if !long.Has[i-1] || !short.Has[i-1] {
			continue
		}
		ret := long.Earned[i] - short.Earned[i]
		net := ret
		if fee != 0 {
			net -= float64(fee * bought(long, short, i-1, begin))
		}
		value *= 1 + net
		traded := math.NaN()
		if long.Has[i] && short.Has[i] {
			traded = long.Change[i] + short.Change[i]
		}
		p.times[k], p.returns[k], p.net[k], p.value[k], p.turnover[k] = long.Times[i], ret, net, value, traded
		ruined = ruined || !(value > 0)
		k++
	}
	p.resize(k)
	return p.end(s, value, ruined)
}

// joinWhole is join for legs without gaps and without a fee: the same sums, without a question at every row.
func (p *portfolio) joinWhole(long, short *leg, from, end int, s stretch) error {
	p.resize(end - from)
	p.times = long.Times[from:end:end]
	value, least := lanes.Join(&lanes.Portfolio{
		LongEarned: long.Earned[from:end], ShortEarned: short.Earned[from:end], LongChange: long.Change[from:end], ShortChange: short.Change[from:end],
		Returns: p.returns, Net: p.net, Value: p.value, Turnover: p.turnover,
	}, s.value)
	return p.end(s, value, !(least > 0 && value > 0))
}

// end ends a portfolio at the row where it is worth nothing, if there may be one.
func (p *portfolio) end(s stretch, value float64, mayBeRuined bool) error {
	p.ruin = notRuined
	if mayBeRuined {
		value = p.endAtRuin(s.value)
	}
	if math.IsInf(value, 0) || value != value {
		return errors.New("the portfolio's value is beyond what a float can hold")
	}
	return nil
}

// endAtRuin finds the first row at which the value is 0 or less, shows it as 0 and leaves all that comes after it missing: nobody holds a portfolio
// on that has nothing left. It returns the last value, that is, 0, or the one that is no number before that.
func (p *portfolio) endAtRuin(value float64) float64 {
	if !(value > 0) { // it ended before these rows
		p.miss(0)
		return 0
	}
	for k, v := range p.value {
		switch {
		case v > 0 && !math.IsInf(v, 0):
			value = v
		case v <= 0:
			p.value[k], p.ruin = 0, k
			p.miss(k + 1)
			return 0
		default:
			return v
		}
	}
	return value
}

// miss makes the values of the rows from one on missing.
func (p *portfolio) miss(from int) {
	for _, column := range [][]float64{p.returns, p.net, p.value, p.turnover} {
		for k := from; k < len(column); k++ {
			column[k] = math.NaN()
		}
	}
}

// bought is the turnover of the weights stamped at row i. Weights before the row ahead of the portfolio's first, which is
// begin, are nobody's.
func bought(long, short *leg, i, begin int) float64 {
	if i >= begin && long.Has[i-1] && short.Has[i-1] {
		return long.Change[i] + short.Change[i]
	}
	return long.Gross[i] + short.Gross[i]
}
