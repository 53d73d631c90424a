package book

import "math"

// Holder is a series of weights: at each of its sets, a weight for every identifier. Its set at row i
// of the grid is Sets[Held[i]]; -1 before the first.
type Holder struct {
	Factor float64     // of its weights in the portfolio
	Sets   [][]float64 // missing weights are 0
	Held   []int       // for each row of the grid, and for the row after the last
}

// Rules say how a portfolio is run. Rates are shares a year, simple.
type Rules struct {
	Drift   bool    // between its own sets a holder's weights drift with its returns
	Stamped bool    // turnover is |set - set before|, as stamped: only without Drift
	Cost    float64 // of a unit traded: fee and slippage
	Borrow  float64 // of value that is short
	Cash    float64 // of value that is not invested
}

// Portfolio is the rows from First on, one for each of the grid's; NaN where missing.
type Portfolio struct {
	First                                    int
	Return, Net, Value, Turnover, Gross, Sum []float64
	Ruined                                   bool
	Unpriced                                 map[int][]int // rows of the grid at which an identifier was held without a return, by its place
}

// yearOf is the microseconds of a year of 365 days.
const yearOf = 365 * 86400e6

// Run follows the holders over the returns' rows: returns[k][i] is identifier k's at row i, NaN where
// missing, and times are microseconds. The first row is the first at or after begin at which every
// holder has a set; its opening trade is paid in that row.
func Run(holders []Holder, returns [][]float64, times []int64, begin int, r Rules) *Portfolio {
	s := &simulation{holders: holders, returns: returns, times: times, Rules: r, out: &Portfolio{Unpriced: map[int][]int{}}}
	s.out.First = s.first(begin)
	s.prepare()
	for i := s.out.First; i < len(times); i++ {
		if !s.row(i) {
			s.out.end(len(times) - s.out.First)
			break
		}
	}
	return s.out
}

// simulation is one run.
type simulation struct {
	Rules
	holders []Holder
	returns [][]float64
	times   []int64
	out     *Portfolio

	own  [][]float64 // each holder's book over the row
	book []float64   // the portfolio's over the row
	last []float64   // over the row before, grown by its returns
	paid float64     // turnover that the row pays for
	prev []float64   // with Stamped: the book as stamped before
}

// first is the first row at which every holder has a set.
func (s *simulation) first(begin int) int {
	for i := begin; i < len(s.times); i++ {
		all := true
		for _, h := range s.holders {
			all = all && h.Held[i] >= 0
		}
		if all {
			return i
		}
	}
	return len(s.times)
}

func (s *simulation) prepare() {
	n := len(s.returns)
	s.book, s.last, s.prev = make([]float64, n), make([]float64, n), make([]float64, n)
	for range s.holders {
		s.own = append(s.own, make([]float64, n))
	}
	if s.out.First < len(s.times) {
		s.hold(s.out.First, true)
		s.paid = s.traded()
	}
}

// hold makes the books over row i: new sets, or those of the row before, grown.
func (s *simulation) hold(i int, opening bool) {
	clear(s.book)
	for j, h := range s.holders {
		if opening || !s.Drift || h.Held[i] != h.Held[i-1] {
			copy(s.own[j], h.Sets[h.Held[i]])
		} else {
			s.grow(s.own[j], i-1)
		}
		for k, w := range s.own[j] {
			s.book[k] += float64(h.Factor * w)
		}
	}
}

// grow lets a book drift over row i by its own return.
func (s *simulation) grow(book []float64, i int) {
	total := 1 + s.earned(book, i)
	if !(total > 0) { // it has lost all, and holds nothing before its next set
		clear(book)
		return
	}
	for k := range book {
		if r := s.returns[k][i]; r == r {
			book[k] *= 1 + r
		}
		book[k] /= total
	}
}

// earned is a book's return over row i, before costs of trading.
func (s *simulation) earned(book []float64, i int) float64 {
	var sum, net, short float64
	for k, w := range book {
		if w == 0 {
			continue
		}
		net += w
		if w < 0 {
			short -= w
		}
		if r := s.returns[k][i]; r == r {
			sum += float64(w * r)
		}
	}
	if s.Cash != 0 || s.Borrow != 0 {
		sum += float64(s.length(i) * (float64((1-net)*s.Cash) - float64(short*s.Borrow)))
	}
	return sum
}

// length is row i's in years: the time since the row before.
func (s *simulation) length(i int) float64 {
	if i == 0 {
		return 0
	}
	return float64(s.times[i]-s.times[i-1]) / yearOf
}

// traded is what it takes to get from the grown book of the row before to this one.
func (s *simulation) traded() float64 {
	var sum float64
	before := s.last
	if s.Stamped {
		before = s.prev
	}
	for k, w := range s.book {
		sum += math.Abs(w - before[k])
	}
	return sum
}

// row computes one row, and the books of the next; false where the portfolio has ended.
func (s *simulation) row(i int) bool {
	o := s.out
	var gross, net float64
	for k, w := range s.book {
		if w != 0 && s.returns[k][i] != s.returns[k][i] {
			o.Unpriced[k] = append(o.Unpriced[k], i)
		}
		gross += math.Abs(w)
		net += w
	}
	earned := s.earned(s.book, i)
	minusFees := earned - float64(s.Cost*s.paid)
	value := 1.0
	if n := len(o.Value); n > 0 {
		value = o.Value[n-1]
	}
	value *= 1 + minusFees
	alive := value > 0
	if !alive {
		value = 0
	}
	o.Return, o.Net, o.Value = append(o.Return, earned), append(o.Net, minusFees), append(o.Value, value)
	o.Gross, o.Sum = append(o.Gross, gross), append(o.Sum, net)
	if !alive {
		o.Turnover = append(o.Turnover, math.NaN())
		o.Ruined = true
		return false
	}
	copy(s.prev, s.book)
	copy(s.last, s.book)
	s.grow(s.last, i)
	s.hold(i+1, false)
	s.paid = s.traded()
	o.Turnover = append(o.Turnover, s.paid)
	return true
}

// end fills up with missing rows: nobody holds on what has nothing left.
func (o *Portfolio) end(rows int) {
	for _, c := range []*[]float64{&o.Return, &o.Net, &o.Value, &o.Turnover, &o.Gross, &o.Sum} {
		for len(*c) < rows {
			*c = append(*c, math.NaN())
		}
	}
}
