package exact

import "math"

// Sum is the sum of numbers that come and go, without any rounding: what has gone leaves nothing behind, however large it was, and the order in
// which numbers came doesn't matter. Two doubles hold nearly every sum there is (Dekker 1971); where they can't, a list of them does (Shewchuk 1997,
// as in Python's math.fsum). The zero value is the sum of nothing. Numbers must be finite.
type Sum struct {
	hi, lo float64 // their exact sum is the sum, unless it is in wide
	wide   *wideSum
}

// Add takes a number in; its negative takes it out again.
func (s *Sum) Add(x float64) {
	if s.wide != nil {
		s.addWide(x)
		return
	}
	hi, e := twoSum(s.hi, x)
	lo, rest := twoSum(s.lo, e)
	if rest != 0 { // not a number where the sum overflows
		s.widen(x)
		return
	}
	s.hi, s.lo = hi, lo
}

// twoSum returns the rounded sum of two numbers and what the rounding took away (Knuth).
func twoSum(a, b float64) (sum, rest float64) {
	sum = a + b
	v := sum - a
	return sum, (a - (sum - v)) + (b - v)
}

func (s *Sum) widen(x float64) {
	s.wide = &wideSum{}
	s.wide.add(s.hi)
	s.wide.add(s.lo)
	s.addWide(x)
}

func (s *Sum) addWide(x float64) {
	s.wide.add(x)
	if hi, lo, ok := s.wide.narrow(); ok {
		s.hi, s.lo, s.wide = hi, lo, nil
	}
}

// Value returns the sum, rounded once; infinite where it is too large for a double.
func (s *Sum) Value() float64 {
	if s.wide == nil {
		return s.hi + s.lo
	}
	hi, _, scale := s.wide.rounded()
	return hi * scale
}

// Over returns the sum divided by n, as if rounded once: the mean of equal numbers is the number.
func (s *Sum) Over(n int) float64 {
	hi, lo, scale := s.hi, s.lo, 1.0
	if s.wide != nil {
		hi, lo, scale = s.wide.rounded()
	} else {
		hi, lo = twoSum(hi, lo)
	}
	d := float64(n)
	q := hi / d
	rest := math.FMA(-q, d, hi) + lo
	return (q + rest/d) * scale
}

// wideSum is a sum as lists of doubles that don't overlap, smallest first. Those of a size that could overflow are kept apart, scaled down.
type wideSum struct {
	low, high []float64
}

const (
	down   = 1.0 / (1 << 100) // the scale of high
	up     = 1 << 100
	toHigh = 0x1p950 // from here on a double of low goes to high
	toLow  = 0x1p845 // below this one of high goes to low: half a dozen binary digits below toHigh, when scaled
)

func (w *wideSum) add(x float64) {
	w.low = grow(w.low, x)
	// What could cancel a double of high goes there too: were it left in low, its small neighbours would vanish in the scale of high.
	for top := last(w.low); math.Abs(top) >= toHigh || len(w.high) > 0 && math.Abs(top) >= toLow*up; top = last(w.low) {
		w.low = w.low[:len(w.low)-1]
		w.high = grow(w.high, top*down)
	}
	for top := last(w.high); top != 0 && math.Abs(top) < toLow; top = last(w.high) {
		w.high = w.high[:len(w.high)-1]
		w.low = grow(w.low, top*up)
	}
}

func last(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1]
}

// grow adds a number to a list of doubles that don't overlap.
func grow(list []float64, x float64) []float64 {
	kept := 0
	for _, y := range list {
		sum, rest := twoSum(x, y)
		if rest != 0 {
			list[kept] = rest
			kept++
		}
		x = sum
	}
	if list = list[:kept]; x != 0 {
		list = append(list, x)
	}
	return list
}

// narrow returns the sum as two doubles, where that can be done.
func (w *wideSum) narrow() (hi, lo float64, ok bool) {
	if len(w.high) > 0 || len(w.low) > 2 {
		return 0, 0, false
	}
	if len(w.low) == 2 {
		lo = w.low[0]
	}
	return last(w.low), lo, true
}

// rounded returns the sum, what rounding took away, and the scale of both.
func (w *wideSum) rounded() (hi, lo, scale float64) {
	list, scale := append([]float64(nil), w.low...), 1.0
	if len(w.high) > 0 {
		list, scale = append([]float64(nil), w.high...), up
		for _, x := range w.low {
			list = grow(list, x*down)
		}
	}
	hi = roundList(list)
	rest := 0.0
	for _, x := range grow(list, -hi) {
		rest += x
	}
	return hi, rest, scale
}

// roundList rounds a list of doubles that don't overlap to the nearest double, ties to even.
func roundList(list []float64) float64 {
	i := len(list) - 1
	if i < 0 {
		return 0
	}
	hi, rest := list[i], 0.0
	for i--; i >= 0; i-- {
		if hi, rest = twoSum(hi, list[i]); rest != 0 {
			break
		}
	}
	// What lies below a tie decides it.
	if i > 0 && (rest < 0) == (list[i-1] < 0) {
		if up := hi + 2*rest; up-hi == 2*rest {
			return up
		}
	}
	return hi
}
