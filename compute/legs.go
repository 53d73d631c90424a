package compute

import (
	"context"

	"github.com/tdlake/tdlake/cache"
)

// Legs keeps what the sides of portfolios came to beyond the life of an engine. A key covers all that decides a leg but the rows of
// the nodes from the database: whoever keeps legs knows which parts those were in. It is safe for concurrent use.
type Legs interface {
	// Load returns a leg, or nil where it is not kept.
	Load(key LegKey) (*Leg, error)
	// Has reports whether Load would return one.
	Has(key LegKey) bool
	// Save keeps a leg, which nobody changes afterwards.
	Save(key LegKey, l *Leg) error
}

// LegKey says which leg it is.
type LegKey [32]byte

// Leg is what one side of a portfolio comes to at each row of the returns' grid. All slices are equally long.
type Leg struct {
	Times  []int64   // microseconds since the epoch, ascending
	Has    []bool    // there are weights stamped at the row
	Earned []float64 // the return at the row of the weights stamped one row before; 0.01 is one percent
	Change []float64 // sum of |weight - weight one row before|, where both rows have weights
	Gross  []float64 // sum of |weight|

	Unpriced []Unpriced // sorted by their identifiers and rows
	Warnings []string   // of all that the leg is made of
}

// Unpriced is a position that is held over rows at which it has no return, and so earns 0: From to To, the last one excluded.
type Unpriced struct {
	ID       string `json:"id"`
	From, To int
}

// lacks takes note of a held position without a return at a row. The rows of an identifier come in order.
func (l *Leg) lacks(id string, row int) {
	for k := len(l.Unpriced) - 1; k >= 0; k-- {
		if u := &l.Unpriced[k]; u.ID == id {
			if u.To == row {
				u.To++
				return
			}
			break
		}
	}
	l.Unpriced = append(l.Unpriced, Unpriced{id, row, row + 1})
}

// NewLeg returns a leg without weights on a grid, which it shares.
func NewLeg(times []int64) *Leg {
	n := len(times)
	flat := make([]float64, 3*n)
	return &Leg{Times: times, Has: make([]bool, n), Earned: flat[:n:n], Change: flat[n : 2*n : 2*n], Gross: flat[2*n:]}
}

// keptLeg returns a leg that an engine before this one made, nil where there is none.
func (e *Engine) keptLeg(ctx context.Context, key cache.Key) (*leg, error) {
	if e.options.Legs == nil || !e.options.Legs.Has(LegKey(key)) {
		return nil, nil
	}
	var l *leg
	err := e.inSlot(ctx, func() error {
		kept, err := e.options.Legs.Load(LegKey(key))
		if err != nil || kept == nil {
			return err
		}
		l = &leg{Leg: *kept}
		l.settle()
		e.count.legs.Add(1)
		return nil
	})
	return l, err
}

// isKept reports whether keptLeg would return a leg.
func (e *Engine) isKept(l legName) bool {
	return e.options.Legs != nil && e.options.Legs.Has(LegKey(l.key()))
}

// keepLeg hands a leg that was made to whoever keeps them.
func (e *Engine) keepLeg(key cache.Key, l *leg) error {
	if e.options.Legs == nil {
		return nil
	}
	return e.options.Legs.Save(LegKey(key), &l.Leg)
}
