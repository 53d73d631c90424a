package sweeps

import (
	"cmp"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/graph"
)

// tracker goes from point to point and knows the target of each, for one goroutine.
type tracker struct {
	space  *Space
	cursor *graph.Cursor
	index  []int // of each parameter's value at the point
	at     int   // the point
}

func newTracker(space *Space, targets *graph.Targets) *tracker {
	return &tracker{space: space, cursor: targets.Cursor(), index: make([]int, len(space.Parameters)), at: -2}
}

// to goes to a point; see graph.Cursor.Move for what it returns.
func (t *tracker) to(point int) (fresh bool, nodes int, err error) {
	if point == t.at+1 {
		t.space.next(point, t.index)
	} else {
		t.space.indexes(point, t.index)
	}
	t.at = point
	return t.cursor.Move(t.index)
}

// share is a stretch of points.
type share struct{ from, to int }

// split divides points into a share for each processor, without making very small ones. There is one at least.
func split(points int) []share {
	const least = 1024
	n := max(1, min(runtime.GOMAXPROCS(0), points/least))
	shares := make([]share, n)
	for k := range shares {
		shares[k] = share{points * k / n, points * (k + 1) / n}
	}
	return shares
}

// inShares does the shares side by side. The error is that of the first of them that fails.
func inShares(shares []share, do func(k int, s share) error) error {
	return sideBySide(len(shares), func(k int) error { return do(k, shares[k]) })
}

// sideBySide does n things on all processors. The error is that of the first of them that fails.
func sideBySide(n int, do func(i int) error) error {
	errs := make([]error, n)
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error {
			errs[i] = do(i)
			return nil
		})
	}
	g.Wait()
	return cmp.Or(errs...)
}
