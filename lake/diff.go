package lake

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/frame"
)

// Change is how a node's rows in a new snapshot differ from those in the old one, over the time that both cover.
type Change struct {
	ID      string
	Columns string // how the columns changed, "" where they are the same; rows are compared by those in both
	Added   Rows
	Removed Rows
	Changed Rows // the same key with other values
}

// Rows counts rows, and names the first few.
type Rows struct {
	N    int64
	Keys []string
}

const namedKeys = 3

// note counts row i of a frame.
func (r *Rows) note(f *frame.Frame, i int) {
	if r.N++; len(r.Keys) < namedKeys {
		r.Keys = append(r.Keys, showKey(f, i))
	}
}

func showKey(f *frame.Frame, i int) string {
	parts := []string{showTime(f.Times()[i])}
	for k := 1; k < f.Schema().Key; k++ {
		parts = append(parts, f.Column(k).ValueStr(i))
	}
	return strings.Join(parts, " ")
}

func (r Rows) show(what string) string {
	if r.N == 0 {
		return ""
	}
	more := ""
	if r.N > int64(len(r.Keys)) {
		more = ", ..."
	}
	return fmt.Sprintf("\n  %s: %s%s", what, strings.Join(r.Keys, ", "), more)
}

// String says how many rows were added, removed and changed, and which came first.
func (c Change) String() string {
	out := c.ID
	switch {
	case c.Added.N+c.Removed.N+c.Changed.N > 0:
		out += fmt.Sprintf(": %d added, %d removed, %d changed", c.Added.N, c.Removed.N, c.Changed.N)
	default:
		out += ": no row changed"
	}
	if c.Columns != "" {
		out += "; " + c.Columns
	}
	return out + c.Added.show("added") + c.Removed.show("removed") + c.Changed.show("changed")
}

// diff compares what two date ranges have of a node, as far as both cover the same time. It reads both once, a batch at a time.
func diff(ctx context.Context, d *DateRange, before *Manifest, e *DateRange, after *Manifest) (Change, error) {
	c := Change{ID: before.ID}
	names, comparable := c.columns(before.Schema(), after.Schema())
	if !comparable {
		return c, nil
	}
	if c.Columns == "" && slices.Equal(before.Parts, after.Parts) {
		return c, nil // the checksums say it
	}
	for _, a := range before.Covered {
		for _, b := range after.Covered {
			both := a.Clip(b)
			if both.Empty() {
				continue
			}
			if err := c.merge(names, d.Scan(ctx, c.ID, both.Start, both.End), e.Scan(ctx, c.ID, both.Start, both.End)); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

// columns notes how the columns differ and returns the value columns that are in both. Rows of different keys cannot be
// compared.
func (c *Change) columns(a, b frame.Schema) (names []string, comparable bool) {
	if !a.Equal(b) {
		c.Columns = fmt.Sprintf("columns were (%s), are (%s)", a, b)
	}
	if a.Key != b.Key || !slices.Equal(a.Fields[:a.Key], b.Fields[:b.Key]) {
		return nil, false
	}
	for _, f := range a.Fields[a.Key:] {
		if i := b.Index(f.Name); i >= 0 && b.Fields[i] == f {
			names = append(names, f.Name)
		}
	}
	return names, true
}

// merge walks through both in the order of the key.
func (c *Change) merge(names []string, before, after iter.Seq2[*frame.Frame, error]) error {
	a, stopA := newCursor(before)
	defer stopA()
	b, stopB := newCursor(after)
	defer stopB()
	for _, x := range []*cursor{a, b} {
		if err := x.load(); err != nil {
			return err
		}
	}
	for a.f != nil || b.f != nil {
		order := 0
		switch {
		case a.f == nil:
			order = 1
		case b.f == nil:
			order = -1
		default:
			order = frame.Compare(a.f, a.i, b.f, b.i)
		}
		switch {
		case order < 0:
			c.Removed.note(a.f, a.i)
		case order > 0:
			c.Added.note(b.f, b.i)
		case !equalRows(names, a, b):
			c.Changed.note(b.f, b.i)
		}
		if err := a.step(order <= 0); err != nil {
			return err
		}
		if err := b.step(order >= 0); err != nil {
			return err
		}
	}
	return nil
}

// cursor is a row of a stream of frames: row i of f, or none where f is nil.
type cursor struct {
	next func() (*frame.Frame, error, bool)
	f    *frame.Frame
	i    int
}

func newCursor(rows iter.Seq2[*frame.Frame, error]) (c *cursor, stop func()) {
	next, stop := iter.Pull2(rows)
	return &cursor{next: next}, stop
}

// load goes to the first row of the next frame that has one.
func (c *cursor) load() error {
	for {
		f, err, ok := c.next()
		if err != nil {
			return err
		}
		c.f, c.i = f, 0
		if !ok {
			c.f = nil
			return nil
		}
		if f.Rows() > 0 {
			return nil
		}
	}
}

// step goes to the next row, where go is set.
func (c *cursor) step(move bool) error {
	if !move {
		return nil
	}
	if c.i++; c.i < c.f.Rows() {
		return nil
	}
	return c.load()
}

func equalRows(names []string, a, b *cursor) bool {
	for _, name := range names {
		if !sameValue(a.f.Named(name), a.i, b.f.Named(name), b.i) {
			return false
		}
	}
	return true
}

// sameValue compares two cells of columns of one type, bit for bit.
func sameValue(a arrow.Array, i int, b arrow.Array, j int) bool {
	if a.IsNull(i) || b.IsNull(j) {
		return a.IsNull(i) == b.IsNull(j)
	}
	switch a := a.(type) {
	case *array.Float64:
		return math.Float64bits(a.Value(i)) == math.Float64bits(b.(*array.Float64).Value(j))
	case *array.Int64:
		return a.Value(i) == b.(*array.Int64).Value(j)
	case *array.String:
		return a.Value(i) == b.(*array.String).Value(j)
	}
	return a.ValueStr(i) == b.ValueStr(j)
}
