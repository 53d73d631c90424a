package lake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/frame"
)

// cutter writes a node's rows as parts, as they come. Rows gather until they fill a row group; one goroutine more encodes a
// row group while its caller gathers the next, and add waits when both are busy: memory is that of two row groups.
//
// Every cutter ends with close or abort. It is not safe for concurrent use.
type cutter struct {
	fs     fsys
	dir    string // the node's folder
	schema frame.Schema
	by     Partitioning
	cover  Span

	part    Span // that pending rows belong to
	pending []*frame.Frame
	rows    int
	last    int64 // the time of the last row

	groups chan rowGroup
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended; parts and err are the caller's from then on
	parts  []Part
	err    error
}

// rowGroup is the rows of one row group of a part.
type rowGroup struct {
	part   Span
	frames []*frame.Frame
	rows   int
}

// maxPieces is how many pieces a row group gathers before they are joined: a source may hand over a row at a time.
const maxPieces = 256

var errCutterClosed = errors.New("rows after the last part")

// newCutter returns a cutter that writes below a node's folder. Parts cover their partition, clipped to cover.
func newCutter(fs fsys, dir string, schema frame.Schema, by Partitioning, cover Span) *cutter {
	ctx, cancel := context.WithCancel(context.Background())
	c := &cutter{
		fs: fs, dir: dir, schema: schema, by: by, cover: cover, last: beginning,
		groups: make(chan rowGroup), cancel: cancel, done: make(chan struct{}),
	}
	go c.run(ctx)
	return c
}

// add takes rows of the cutter's schema that follow those before in the order of the key. It returns ctx's error, a
// *WriteError, or what is wrong with the rows.
func (c *cutter) add(ctx context.Context, f *frame.Frame) error {
	if !f.Schema().Equal(c.schema) {
		return fmt.Errorf("rows of (%s) among rows of (%s)", f.Schema(), c.schema)
	}
	for f.Rows() > 0 {
		t := f.Times()[0]
		if err := c.checkTime(t); err != nil {
			return err
		}
		if part := c.by.span(t).Clip(c.cover); part != c.part {
			if err := c.flush(ctx); err != nil {
				return err
			}
			c.part = part
		}
		piece := f.Between(beginning, c.part.End)
		piece = piece.Slice(0, min(piece.Rows(), groupRows-c.rows))
		f = f.Slice(piece.Rows(), f.Rows())
		if err := c.gather(ctx, piece); err != nil {
			return err
		}
	}
	return nil
}

// checkTime keeps a row out of a part that is complete already, and out of one that the manifest would not cover.
func (c *cutter) checkTime(t int64) error {
	switch {
	case t < c.last:
		return fmt.Errorf("rows out of order: %s after %s", showTime(t), showTime(c.last))
	case t < c.cover.Start || t >= c.cover.End || t < minTime || t > maxTime:
		return fmt.Errorf("a row at %s, outside %s", showTime(t), c.cover)
	}
	return nil
}

func (c *cutter) gather(ctx context.Context, piece *frame.Frame) error {
	c.pending = append(c.pending, piece)
	c.rows += piece.Rows()
	c.last = piece.Times()[piece.Rows()-1]
	if len(c.pending) >= maxPieces {
		joined, err := frame.Concat(c.pending...)
		if err != nil {
			return err
		}
		c.pending = []*frame.Frame{joined}
	}
	if c.rows < groupRows {
		return nil
	}
	return c.flush(ctx)
}

// flush hands what is gathered to the goroutine.
func (c *cutter) flush(ctx context.Context) error {
	if c.rows == 0 {
		return nil
	}
	select {
	case c.groups <- rowGroup{c.part, c.pending, c.rows}:
		c.pending, c.rows = nil, 0
		return nil
	case <-c.done:
		if c.err == nil {
			return errCutterClosed
		}
		return c.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close finishes the last part and returns all, in order of time; a span without rows has none. Where it fails, parts that
// were complete stay behind: without a manifest that names them they don't exist.
func (c *cutter) close(ctx context.Context) ([]Part, error) {
	if err := c.flush(ctx); err != nil {
		c.abort()
		return nil, err
	}
	close(c.groups)
	select {
	case <-c.done:
	case <-ctx.Done():
		c.abort()
	}
	c.cancel()
	if c.err != nil {
		return nil, c.err
	}
	return c.parts, nil
}

// abort ends the goroutine and removes the part that is not complete. It may follow a close that failed.
func (c *cutter) abort() {
	c.cancel()
	<-c.done
}

// run writes parts until there are no more row groups, or one fails.
func (c *cutter) run(ctx context.Context) {
	defer close(c.done)
	g, more, err := c.next(ctx)
	for more && err == nil {
		g, more, err = c.writePart(ctx, g)
	}
	c.err = err
}

func (c *cutter) next(ctx context.Context) (g rowGroup, more bool, err error) {
	select {
	case g, more = <-c.groups:
		return g, more, nil
	case <-ctx.Done():
		return g, false, ctx.Err()
	}
}

// writePart writes the part that a row group begins, and returns the row group that the next part begins with.
func (c *cutter) writePart(ctx context.Context, g rowGroup) (next rowGroup, more bool, err error) {
	span := g.part
	part := Part{Path: c.by.path(span), Span: span}
	final := filepath.Join(c.dir, filepath.FromSlash(part.Path))
	err = writeFile(ctx, c.fs, filepath.Dir(final), filepath.Base(final), func(w io.Writer) (err error) {
		sink := newHashing(w)
		e := newEncoder(sink, columnsOf(c.schema))
		for next, more = g, true; more && next.part == span; {
			if err := e.group(arraysOf(next.frames)); err != nil {
				return err
			}
			part.Rows += int64(next.rows)
			if next, more, err = c.next(ctx); err != nil {
				return err
			}
		}
		err = e.close()
		part.Bytes, part.SHA256 = sink.size, sink.sum()
		return err
	})
	if err != nil {
		return next, false, err
	}
	c.parts = append(c.parts, part)
	return next, more, nil
}

func arraysOf(frames []*frame.Frame) [][]arrow.Array {
	out := make([][]arrow.Array, len(frames))
	for i, f := range frames {
		out[i] = columnArrays(f)
	}
	return out
}
