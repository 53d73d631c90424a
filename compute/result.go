package compute

import (
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/frame"
)

// Result is a node's rows over the range it is needed for, in the form its kind made them in; another form is made when
// first asked for. It is immutable and may be shared between goroutines.
type Result struct {
	// One of these three, never changed.
	frame     *frame.Frame
	panel     *frame.Panel
	portfolio *portfolio
	warnings  []string     // what the user should know of the rows: see Warned
	before    *frame.Frame // rows as of the beginning of the range, where the node was read for as-of use

	toFrame, toPanel sync.Once
	long             *frame.Frame // what Frame returns, once it was asked
	wide             *frame.Panel // what Panel returns, likewise
	wideErr          error
}

func ofFrame(f *frame.Frame) *Result { return &Result{frame: f} }

// ofPanel drops the times without a value, so that a panel and the long form it is stored in have the same grid.
func ofPanel(p *frame.Panel) *Result { return &Result{panel: p.Compact()} }

// Frame returns the rows in long form.
func (r *Result) Frame() *frame.Frame {
	r.toFrame.Do(func() {
		switch {
		case r.frame != nil:
			r.long = r.frame
		case r.panel != nil:
			r.long = r.panel.Frame()
		default:
			r.long = r.portfolio.frame()
		}
	})
	return r.long
}

// Panel returns the rows' numeric columns in wide form. Only results keyed by time_index and unique_identifier that have any have one.
func (r *Result) Panel() (*frame.Panel, error) {
	r.toPanel.Do(func() {
		if r.wide = r.panel; r.wide == nil {
			r.wide, r.wideErr = widen(r.Frame())
		}
	})
	return r.wide, r.wideErr
}

func widen(f *frame.Frame) (*frame.Panel, error) {
	f, err := numeric(f)
	if err != nil {
		return nil, err
	}
	return f.Panel()
}

// Bytes is the memory that the result holds, both forms included where both may come to be.
func (r *Result) Bytes() int64 {
	const overhead = 512
	var n int64 = overhead
	if p := r.panel; p != nil {
		n += int64(8*len(p.Times)) + int64(len(p.Names)*len(p.IDs)*(8*len(p.Times)+24))
	}
	if r.portfolio != nil {
		n += int64(40 * len(r.portfolio.times))
	}
	for _, f := range []*frame.Frame{r.frame, r.before} {
		if f == nil {
			continue
		}
		for i := range f.Schema().Fields {
			n += columnBytes(f.Column(i))
		}
	}
	return n
}

func columnBytes(a arrow.Array) int64 {
	return int64(a.Data().SizeInBytes())
}
