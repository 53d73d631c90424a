package postgres

import (
	"context"
	"fmt"
)

// run reads everything and closes blocks.
func (s *stream) run(ctx, outer context.Context, from, to int64) {
	defer close(s.blocks)
	if s.err = s.view.checkTimes(ctx, s.rel); s.err == nil {
		s.err = s.read(ctx, outer, from, to)
	}
	if s.err == nil {
		s.err = s.view.unchanged(outer, s.rel.label)
	}
}

// send gives a block to the consumer.
func (s *stream) send(ctx context.Context, b *block) error {
	if b.rows == 0 {
		return nil
	}
	select {
	case s.blocks <- b:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read sends the rows of a range, window by window.
func (s *stream) read(ctx, outer context.Context, from, to int64) error {
	windows, err := s.windows(ctx, from, to)
	if err != nil {
		return err
	}
	for _, w := range windows {
		if w.ordered {
			err = s.readOrdered(ctx, outer, w.from, w.to)
		} else {
			err = s.readWindow(ctx, outer, w.from, w.to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readWindow sends all rows of a range as one block, in whatever order they come.
func (s *stream) readWindow(ctx, outer context.Context, from, to int64) error {
	r, where := s.rel, s.rel.between(from, to)
	s.dec.b = newBlock(r.cols, maxBatch)
	sql := fmt.Sprintf("copy (select %s from %s where %s) to stdout (format binary)", r.outputs(), r.source(), where)
	if err := s.copy(ctx, outer, sql, where, func() error { return nil }); err != nil {
		return err
	}
	return s.send(ctx, s.dec.b)
}

// readOrdered sends a block whenever enough rows of past times are there.
func (s *stream) readOrdered(ctx, outer context.Context, from, to int64) error {
	r := s.rel
	where, order := r.between(from, to), r.time().in()
	if !r.time().notNull && !r.index.byTime {
		// Rows without a time come first, to be refused: see checkTimes for tables with an index.
		where, order = "("+where+" or "+r.time().in()+" is null)", order+" nulls first"
	}
	sql := fmt.Sprintf("copy (select %s from %s where %s and %s order by %s) to stdout (format binary)",
		r.outputs(), r.source(), where, r.wanted(), order)
	s.dec.b = newBlock(r.cols, maxBatch)
	err := s.copy(ctx, outer, sql, where, func() error {
		b := s.dec.b
		if b.rows < maxBatch && b.size < blockBytes {
			return nil
		}
		cut := lastTimeBegins(b.times())
		if cut == 0 {
			return nil // all of one time, so far
		}
		s.dec.b = b.cut(r.cols, cut)
		return s.send(ctx, b)
	})
	if err != nil {
		return err
	}
	return s.send(ctx, s.dec.b)
}

// lastTimeBegins returns the first row of the last row's time.
func lastTimeBegins(times []int64) int {
	i := len(times) - 1
	if i < 0 || times[0] == times[i] {
		return 0 // looked at after every row: must not walk back through all of one time
	}
	for i > 0 && times[i-1] == times[i] {
		i--
	}
	return i
}

// copy runs a COPY and decodes what comes; after every message, full may give the block away.
func (s *stream) copy(ctx, outer context.Context, sql, where string, full func() error) error {
	statement, stop := context.WithCancel(ctx)
	defer stop()
	s.dec.begun, s.dec.ended, s.dec.rest = false, false, nil
	w := &sink{stop: stop, feed: func(p []byte) error {
		if err := s.dec.feed(p); err != nil {
			return err
		}
		return full()
	}}
	_, err := s.view.pg.CopyTo(statement, w, sql)
	if w.err == nil && err == nil {
		w.err = s.dec.end()
	}
	if w.err != nil {
		s.view.rollback()
		return s.view.decodeError(outer, s.rel, where, w.err)
	}
	return s.view.fail(outer, s.rel.label, err)
}

// A sink takes COPY's messages. After an error it swallows what still comes until the server has ended the statement:
// then the connection, and with it the view, can be used further.
type sink struct {
	feed func(p []byte) error
	stop context.CancelFunc
	err  error
}

func (w *sink) Write(p []byte) (int, error) {
	if w.err == nil {
		if w.err = w.feed(p); w.err != nil {
			w.stop()
		}
	}
	return len(p), nil
}
