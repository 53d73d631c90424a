package compute

import (
	"math"

	"github.com/tdlake/tdlake/internal/exact"
)

// known reports whether a value is there: neither missing nor infinite.
func known(v float64) bool { return v-v == 0 }

// total is a sum, or a mean, without a rounding before the last.
type total struct {
	mean bool
	n    int
	sum  exact.Sum
}

func (s *total) restart(window []float64) {
	s.n, s.sum = 0, exact.Sum{}
	for _, v := range window {
		s.push(v)
	}
}

func (s *total) push(v float64) {
	if known(v) {
		s.n++
		s.sum.Add(v)
	}
}

func (s *total) advance(values []float64) {
	if out := values[0]; known(out) {
		s.n--
		s.sum.Add(-out)
	}
	s.push(values[len(values)-1])
}

func (s *total) count() int { return s.n }

func (s *total) value() float64 {
	if s.mean {
		return s.sum.Over(s.n)
	}
	return s.sum.Value()
}

// spread is a standard deviation, or how many of them the last value lies from the mean. It adds up the values less one of them that lies near the mean,
// and their squares: of whole numbers, and of equal ones, these sums are exact. Where the mean has moved away, another value is chosen. As in decay, nothing
// is ever subtracted from a sum.
type spread struct {
	zscore bool
	ddof   int

	shift  float64
	tails  []powers // of the block before, from each of its rows to its last
	head   powers   // of the block that has begun
	begun  int      // its rows
	window []float64
	n      int // values in the window
	odd    int // those of them whose squares are out of range, left out of the sums

	now     powers  // of the window
	centred float64 // n times the sum of squared deviations from the mean
}

// powers is a sum of values and of their squares.
type powers struct{ sum, squares float64 }

// moved is how small the spread may become, relative to the squares, before the shift is chosen anew; its inverse is by how much rounding is magnified.
const moved = 1e-2

func newSpread(size int, zscore bool, ddof int) *spread {
	return &spread{zscore: zscore, ddof: ddof, tails: make([]powers, size)}
}

func (s *spread) restart(window []float64) {
	s.begin(window, nearest(window, roughMean(window)))
	if s.moved() {
		s.begin(window, nearest(window, exactMean(window)))
	}
}

// begin makes the window the block before.
func (s *spread) begin(window []float64, shift float64) {
	s.window, s.shift, s.head, s.begun, s.n, s.odd = window, shift, powers{}, 0, 0, 0
	var tail powers
	tails := s.tails[:len(window)]
	for i := len(window) - 1; i >= 0; i-- {
		s.take(&tail, window[i])
		tails[i] = tail
	}
	s.look()
}

// look adds up what there is of the window in both blocks.
func (s *spread) look() {
	tail := s.tails[s.begun]
	s.now = powers{tail.sum + s.head.sum, tail.squares + s.head.squares}
	s.centred = float64(float64(s.n)*s.now.squares) - float64(s.now.sum*s.now.sum)
}

// take counts a value and adds it to sums.
func (s *spread) take(to *powers, v float64) {
	if !known(v) {
		return
	}
	s.n++
	d := v - s.shift
	if !inRange(d) {
		s.odd++
		return
	}
	to.sum += d
	to.squares += float64(d * d)
}

// inRange reports whether sums of a value's square neither overflow nor lose digits at the other end.
func inRange(d float64) bool {
	d = math.Abs(d)
	return d < 0x1p480 && (d > 0x1p-480 || d == 0)
}

func (s *spread) advance(values []float64) {
	if out := values[0]; known(out) {
		s.n--
		if !inRange(out - s.shift) {
			s.odd--
		}
	}
	s.window = values[1:]
	s.take(&s.head, values[len(values)-1])
	s.begun++
	whole := s.begun == len(s.tails)
	if whole {
		s.begin(s.window, s.shift)
	} else {
		s.look()
	}
	if s.moved() || whole && s.odd > 0 {
		s.restart(s.window)
	}
}

// moved reports whether the mean has moved away from the shift.
func (s *spread) moved() bool {
	return s.odd == 0 && s.centred < moved*float64(s.n)*s.now.squares
}

func roughMean(window []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range window {
		if known(v) {
			sum += v
			n++
		}
	}
	return sum / float64(max(1, n))
}

func exactMean(window []float64) float64 {
	var all total
	all.restart(window)
	return all.sum.Over(max(1, all.n))
}

// nearest returns the value that lies nearest to the mean, the first of these.
func nearest(window []float64, mean float64) float64 {
	value, distance := 0.0, math.Inf(1)
	for _, v := range window {
		if d := math.Abs(v - mean); d < distance {
			value, distance = v, d
		}
	}
	return value
}

func (s *spread) count() int { return s.n }

func (s *spread) value() float64 {
	if s.n <= s.ddof {
		return math.NaN()
	}
	if s.odd > 0 {
		return s.direct()
	}
	n := float64(s.n)
	std := math.Sqrt(max(0, s.centred) / float64(n*float64(s.n-s.ddof)))
	if !s.zscore {
		return std
	}
	return over(s.window[len(s.window)-1]-s.shift-s.now.sum/n, std)
}

// over is a deviation in standard deviations, missing where there is no deviation.
func over(d, std float64) float64 {
	if !(std > 0) {
		return math.NaN()
	}
	return d / std
}

// direct computes the value from the window alone, scaled so that squares are in range.
func (s *spread) direct() float64 {
	largest := 0.0
	for _, v := range s.window {
		if known(v) {
			largest = max(largest, math.Abs(v))
		}
	}
	_, exponent := math.Frexp(largest)
	scaled := make([]float64, len(s.window))
	var all total
	for i, v := range s.window {
		scaled[i] = math.Ldexp(v, -exponent)
		all.push(scaled[i])
	}
	mean, squares := all.sum.Over(all.n), 0.0
	for _, v := range scaled {
		if known(v) {
			squares += float64((v - mean) * (v - mean))
		}
	}
	std := math.Sqrt(squares / float64(s.n-s.ddof))
	if s.zscore {
		return over(scaled[len(scaled)-1]-mean, std)
	}
	return math.Ldexp(std, exponent)
}
