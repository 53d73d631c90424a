package verdict

import "fmt"

// Resampling says how rows are drawn again: the stationary bootstrap of Politis and Romano 1994,
// whose blocks have geometrically distributed lengths and wrap around the end. All points share the
// rows drawn, so that what they have in common stays in common.
type Resampling struct {
	Resamples int
	Block     float64 // mean length of a block, in rows; at least 1
	Seed      uint64
}

func (r Resampling) check(rows int) error {
	if r.Resamples < 1 {
		return fmt.Errorf("%d resamples: at least one is needed", r.Resamples)
	}
	if !(r.Block >= 1) || r.Block > float64(rows) {
		return fmt.Errorf("blocks of %v rows: from 1 to %d, the number of rows, are possible", r.Block, rows)
	}
	return nil
}

// run is a stretch of consecutive rows, [from, to).
type run struct{ from, to int32 }

// draw returns the rows of each resample as stretches in the order drawn. At every row but the
// first a uniform number decides whether a block begins, and then another where; blocks go on at
// row 0 after the last.
func (r Resampling) draw(rows int) [][]run {
	s := splitmix(r.Seed)
	begins := 1 / r.Block
	out := make([][]run, r.Resamples)
	for b := range out {
		runs := make([]run, 0, rows/int(r.Block)+8)
		for t := range rows {
			if t == 0 || s.uniform() < begins {
				at := int32(s.uniform() * float64(rows))
				runs = append(runs, run{at, at + 1})
				continue
			}
			last := &runs[len(runs)-1]
			if int(last.to) < rows {
				last.to++
			} else {
				runs = append(runs, run{0, 1})
			}
		}
		out[b] = runs
	}
	return out
}

// longRunVariance is the variance of the root of T times a resample's mean, in closed form: the sum
// of autocovariances weighted as the stationary bootstrap weighs them (Politis and Romano 1994,
// lemma 1), in time proportional to the rows by running the geometric weights along.
func longRunVariance(x []float64, block float64) float64 {
	n := len(x)
	mean, keep := meanOf(x), 1-1/block
	var own, near, nearLags float64 // sums of y_t y_t, of keep^i y_t y_(t+i), of i keep^i y_t y_(t+i)
	var f, g float64
	for t := n - 1; t >= 0; t-- {
		y := x[t] - mean
		own += y * y
		near += y * f
		nearLags += y * g
		g = keep * (g + f + y)
		f = keep * (y + f)
	}
	total := float64(n)
	wrapped := wrappedLags(x, mean, keep)
	return (own + 2*(near-nearLags/total+wrapped/total)) / total
}

// wrappedLags is the sum of i keep^(n-i) y_t y_(t+i): the part of lag n-i that wraps around the end.
func wrappedLags(x []float64, mean, keep float64) float64 {
	n := len(x)
	// For each later row u the earlier rows count by keep^(n-u+t) (u-t). The weights are run along
	// forward; keep^(n-u) is applied at u, so that nothing overflows.
	back := make([]float64, n+1)
	back[0] = 1
	for i := 1; i <= n; i++ {
		back[i] = back[i-1] * keep
	}
	var sum, weighted, out float64 // of keep^t y_t, of t keep^t y_t
	for u := range n {
		y := x[u] - mean
		out += back[n-u] * y * (float64(u)*sum - weighted)
		sum += back[u] * y
		weighted += float64(u) * back[u] * y
	}
	return out
}
