package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// The server orders rows by time_index only, by an index or a sort as it sees fit; the rows of one time are put in order
// here, by bytes. Of ten million rows of two floats, in processor time of the server, COPY without any order taking 1:
//
//	stored in the order of the key, an index leads with time_index    1.4
//	the same without an index, sorted by time_index                   1.5
//	stored by identifier, sorted by time_index                        1.8 to 2.0
//	stored by identifier, sorted by time_index and a text             3
//
// Nothing relies on the order that comes: every key is compared with the one before it. Large tables stored by identifier are read by
// windows of time without an order: see windows.go.

const (
	maxBatch   = 65_536   // rows
	blockBytes = 16 << 20 // over the wire; a block is given away when it has grown so large
	readAhead  = 2        // blocks that wait for the consumer
)

// Rows yields the rows of a range of time in batches of at most 65,536 rows, ascending strictly by the key. An error is
// the last thing that it yields. Rows are decoded by a goroutine, which ends before Rows does. The loop over them must not
// ask this view for anything else.
func (v *View) Rows(ctx context.Context, t graph.Table, from, to int64) iter.Seq2[*frame.Frame, error] {
	return func(yield func(*frame.Frame, error) bool) {
		v.mu.Lock()
		defer v.mu.Unlock()
		r, err := v.relation(ctx, t)
		if err != nil {
			yield(nil, err)
			return
		}
		if from >= to || to <= firstTime {
			return
		}
		inner, cancel := context.WithCancel(ctx)
		s := &stream{view: v, rel: r, dec: newDecoder(r), cancel: cancel, blocks: make(chan *block, readAhead)}
		go s.run(inner, ctx, from, to)
		if s.yieldAll(ctx, yield) {
			s.finish(yield)
		}
		cancel()
		for range s.blocks { // until run is over
		}
	}
}

// stream is one call of Rows.
type stream struct {
	view   *View
	rel    *relation
	dec    *decoder
	cancel context.CancelFunc // ends the statement that runs
	blocks chan *block        // closed when run is over; err is set by then
	err    error
}

// yieldAll passes blocks on as frames until they end; false says that the consumer has had enough or got an error.
func (s *stream) yieldAll(ctx context.Context, yield func(*frame.Frame, error) bool) bool {
	last := int64(0)
	some := false
	for b := range s.blocks {
		if ctx.Err() != nil {
			yield(nil, ctx.Err())
			return false
		}
		f, err := s.view.ordered(s.rel, b)
		if err == nil && some && f.Times()[0] <= last {
			err = fmt.Errorf("%s: the server sent rows out of order", s.rel.label)
		}
		if err != nil {
			yield(nil, err)
			return false
		}
		s.view.sayNaive(s.rel, f)
		some, last = true, f.Times()[f.Rows()-1]
		for i := 0; i < f.Rows(); i += maxBatch {
			if !yield(f.Slice(i, min(i+maxBatch, f.Rows())), nil) {
				return false
			}
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
				return false
			}
		}
	}
	return true
}

// finish reports how reading ended.
func (s *stream) finish(yield func(*frame.Frame, error) bool) {
	if s.err != nil {
		yield(nil, s.err)
		return
	}
	for i, n := range s.dec.infinities {
		if n > 0 {
			s.view.infinite(s.rel.label, s.rel.cols[i].name, n)
		}
	}
}

// ordered makes a frame of a block, its rows in the order of the key.
func (v *View) ordered(r *relation, b *block) (*frame.Frame, error) {
	order, err := sortBlock(b, r.schema)
	if err != nil {
		var twice *frame.DuplicateError
		if errors.As(err, &twice) {
			return nil, v.data("a key names one row: list the columns that do under key, or make rows distinct with a query", "%s: %v", r.label, err)
		}
		return nil, err
	}
	return b.frame(r.schema, order)
}

// decodeError says what a row that cannot be kept means.
func (v *View) decodeError(ctx context.Context, r *relation, where string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var null *nullKey
	var bad *badValue
	switch {
	case errors.As(err, &null):
		return v.nullError(ctx, r, null.column, where)
	case errors.As(err, &bad):
		return v.data("leave such rows out, or cast the column, in a query", "%s: %v", r.label, bad)
	case errors.Is(err, errTruncated):
		return database.NewError(database.Unreachable, v.source.name, "", "reading %s: %v", r.label, err)
	}
	return err
}

// nullError counts the rows without a key.
func (v *View) nullError(ctx context.Context, r *relation, c column, where string) error {
	rows, err := v.query(ctx, r.label, fmt.Sprintf("select count(*) from %s where %s and %s and %s is null", r.source(), where, r.wanted(), c.in()))
	if err != nil {
		return err
	}
	return v.data("leave them out with a query, or complete them", "%s: %s rows have no %q, which is in the key", r.label, rows[0][0], c.name)
}

// checkTimes refuses rows without a time where a condition on time would silently leave them out and an index finds them
// at once.
func (v *View) checkTimes(ctx context.Context, r *relation) error {
	if r.time().notNull || !r.index.byTime {
		return nil
	}
	rows, err := v.query(ctx, r.label, fmt.Sprintf("select 1 from %s where %s and %s is null limit 1", r.source(), r.wanted(), r.time().in()))
	if err != nil || len(rows) == 0 {
		return err
	}
	return v.nullError(ctx, r, *r.time(), "true")
}
