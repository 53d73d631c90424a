package compute

import (
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/frame"
)

// Result is a node's rows over the range it is needed for, in the form its kind made them in; the other form is made when
// first asked for. It is immutable and may be shared between goroutines.
type Result struct {
	frame     *frame.Frame
	panel     *frame.Panel
	portfolio *portfolio
	before    *frame.Frame // rows as of the beginning of the range, where the node was read for as-of use

	toFrame, toPanel sync.Once
	panelErr         error
}

func ofFrame(f *frame.Frame) *Result { return &Result{frame: f} }

// ofPanel drops the times without a value, so that a panel and the long form it is stored in have the same grid.
func ofPanel(p *frame.Panel) *Result { return &Result{panel: p.Compact()} }

// Frame returns the rows in long form.
func (r *Result) Frame() *frame.Frame {
	r.toFrame.Do(func() {
		switch {
		case r.frame != nil:
		case r.panel != nil:
			r.frame = r.panel.Frame()
		default:
			r.frame = r.portfolio.frame()
		}
	})
	return r.frame
}

// Panel returns the rows in wide form. Only results keyed by time_index and unique_identifier with numeric columns have one.
func (r *Result) Panel() (*frame.Panel, error) {
	r.toPanel.Do(func() {
		if r.panel == nil {
			r.panel, r.panelErr = r.Frame().Panel()
		}
	})
	return r.panel, r.panelErr
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
