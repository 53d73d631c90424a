package verdict

import "math/bits"

// moment is a sum of values and of their squares.
type moment struct{ sum, squares float64 }

func (m *moment) add(o moment) {
	m.sum += o.sum
	m.squares += o.squares
}

// blockMoments adds up the rows of each block: a slice of points for each.
func blockMoments(m Matrix, ends []int) [][]moment {
	out := make([][]moment, len(ends))
	for b := range out {
		out[b] = make([]moment, len(m.Columns))
	}
	forRanges(len(m.Columns), func(first, last int) {
		for k := first; k < last; k++ {
			from := 0
			for b, to := range ends {
				out[b][k] = momentOf(m.Columns[k][from:to])
				from = to
			}
		}
	})
	return out
}

func momentOf(values []float64) moment {
	var m moment
	for _, v := range values {
		m.sum += v
		m.squares += v * v
	}
	return m
}

// halving scores all points on the two halves of each split. A half is a subset of the first blocks
// (low) beside one of the last (high): the moments of every low subset are added once, those of a
// high one once for all splits that have it. Equal columns have equal scores, because every point's
// sums are added in the same order.
type halving struct {
	rows   []float64  // of each block
	blocks [][]moment // of each block, a value a point
	total  []moment   // over all blocks
	lows   int        // blocks that are low
	low    [][]moment // of each subset of low blocks that holds block 0, by its bits
}

func newHalving(m Matrix, ends []int) *halving {
	h := &halving{blocks: blockMoments(m, ends), lows: len(ends) / 2, total: make([]moment, len(m.Columns))}
	from := 0
	for b, to := range ends {
		h.rows = append(h.rows, float64(to-from))
		addMoments(h.total, h.blocks[b])
		from = to
	}
	h.low = make([][]moment, 1<<h.lows)
	for set := uint32(1); set < 1<<h.lows; set += 2 {
		h.low[set] = h.subset(set, 0)
	}
	return h
}

func addMoments(to, more []moment) {
	for k := range to {
		to[k].add(more[k])
	}
}

// subset adds the blocks of set, whose bit 0 stands for block first.
func (h *halving) subset(set uint32, first int) []moment {
	out := make([]moment, len(h.total))
	for ; set != 0; set &= set - 1 {
		addMoments(out, h.blocks[first+bits.TrailingZeros32(set)])
	}
	return out
}

// rowsOf is the number of rows of the blocks in set.
func (h *halving) rowsOf(set uint32) float64 {
	var n float64
	for ; set != 0; set &= set - 1 {
		n += h.rows[bits.TrailingZeros32(set)]
	}
	return n
}

// splits returns what every split gives whose high blocks are those of set, in the order of its low
// blocks; none where set is larger than a half.
func (h *halving) splits(set uint32) []pair {
	need := len(h.blocks)/2 - bits.OnesCount32(set)
	high := h.subset(set, h.lows)
	all := h.rowsOf(1<<len(h.blocks) - 1)
	in, out := make([]float64, len(high)), make([]float64, len(high))
	var found []pair
	for low := uint32(1); low < 1<<h.lows; low += 2 {
		if bits.OnesCount32(low) != need {
			continue
		}
		rows := h.rowsOf(set<<h.lows | low)
		h.score(in, out, h.low[low], high, rows, all-rows)
		found = append(found, pair{choose(in, out, rows, all-rows), choose(out, in, all-rows, rows)})
	}
	return found
}

// score fills the points' scores on the half that low and high add up to, and on the other.
func (h *halving) score(in, out []float64, low, high []moment, inRows, outRows float64) {
	for k, total := range h.total {
		half := moment{low[k].sum + high[k].sum, low[k].squares + high[k].squares}
		in[k] = score(half.sum, half.squares, inRows)
		out[k] = score(total.sum-half.sum, total.squares-half.squares, outRows)
	}
}

// choose takes the best point of one half to the other.
func choose(in, out []float64, inRows, outRows float64) chosen {
	best := largest(in)
	return chosen{in: ratio(in[best], inRows), out: ratio(out[best], outRows), below: atOrBelowMedian(out, out[best])}
}

// largest returns the place of the first largest value.
func largest(x []float64) int {
	best, value := 0, x[0]
	for k, v := range x {
		if v > value {
			best, value = k, v
		}
	}
	return best
}

// atOrBelowMedian says whether the mean rank of value among x is at most half of len(x)+1, so that
// the logit of its relative rank is 0 or less.
func atOrBelowMedian(x []float64, value float64) bool {
	less, equal := 0, 0
	for _, v := range x {
		if v < value {
			less++
		}
		if v == value {
			equal++
		}
	}
	return 2*less+equal+1 <= len(x)+1 // the rank is less + (equal+1)/2
}
