package regress

import (
	"errors"
	"math"
)

// tolerances say how far, relative to the largest |X'y| among the features, a correlation may exceed the penalty before
// its column has to be active. The later ones are tried where rounding keeps the first from being met, as with weights that
// are large and nearly cancel; all are well within the promised 1e-9.
var tolerances = [...]float64{1e-13, 1e-12, 1e-11, 1e-10}

// problem is one regression in the form that the solver works on: minimise b'Hb/2 - c'b + lambda ||b||₁, H = G + ridge I.
type problem struct {
	*triangle
	g        []float64
	c        []float64
	lambda   float64
	ridge    float64
	positive bool
	eligible []int32 // columns that may have a weight, ascending
	version  int     // of eligible: equal numbers are equal columns; 0 says nothing
}

func (p *problem) h(i, j int32) float64 {
	v := p.g[p.at(int(i), int(j))]
	if i == j {
		v += p.ridge
	}
	return v
}

// solver finds active sets. It keeps the last one as the start of the next search; forget makes the next one cold.
// Its buffers are reused: what it returns is good until the next call.
type solver struct {
	sign     []int8 // a column: the sign its weight has, 0 where it is not active
	warm     bool
	version  int     // of the eligible columns before
	listed   bool    // active and inactive are what the signs say
	active   []int32 // ascending
	inactive []int32 // eligible and not active, ascending
	wrong    []int32
	b        []float64 // weights of active
	grad     []float64 // c - Hb, a column
	f        *factor
	scratch  []float64
	slack    float64 // tolerance, scaled to the problem at hand
	twins    twins
}

func newSolver(d *Design) *solver {
	return &solver{
		sign: make([]int8, d.cols), active: make([]int32, 0, d.cols), inactive: make([]int32, 0, d.cols), wrong: make([]int32, 0, d.cols),
		b: make([]float64, d.cols), grad: make([]float64, d.stride), f: newFactor(d.cols), scratch: make([]float64, d.stride),
	}
}

// forget makes the next solve start cold.
func (s *solver) forget() { s.warm, s.twins.found = false, nil }

// solve returns the active columns, ascending, and their weights.
func (s *solver) solve(p *problem) ([]int32, []float64, error) {
	p = s.twins.without(p)
	largest, c := 0.0, p.c
	for _, j := range p.eligible {
		if v := math.Abs(c[j]); v > largest {
			largest = v
		}
	}
	s.slack = tolerances[0] * largest
	s.start(p)
	if !s.pivot(p) && !s.climb(p, largest) && !s.leaveOut(p, largest) {
		return nil, nil, errStuck
	}
	s.warm = true
	return s.active, s.b[:len(s.active)], nil
}

// start chooses the set to begin from: the last one, less the columns that are no longer eligible, or that of a few rounds
// of coordinate descent from zero.
func (s *solver) start(p *problem) {
	same := s.warm && p.version != 0 && p.version == s.version
	s.version = p.version
	if same {
		return
	}
	s.listed = false
	if !s.warm {
		s.descend(p)
		return
	}
	next := 0
	for j := range s.sign {
		if next < len(p.eligible) && int(p.eligible[next]) == j {
			next++
			continue
		}
		s.sign[j] = 0
	}
}

const coldRounds = 4

// descend guesses signs by coordinate descent from zero.
func (s *solver) descend(p *problem) {
	clear(s.sign)
	copy(s.grad, p.c)
	b := s.scratch
	clear(b)
	for range coldRounds {
		for _, j := range p.eligible {
			hjj := p.h(j, j)
			if hjj <= 0 {
				continue
			}
			v := shrink(s.grad[j]+float64(hjj*b[j]), p.lambda, p.positive) / hjj
			if v != b[j] {
				s.subtract(p, j, v-b[j])
				b[j] = v
			}
		}
	}
	for _, j := range p.eligible {
		s.sign[j] = signOf(b[j])
	}
}

func shrink(v, lambda float64, positive bool) float64 {
	switch {
	case v > lambda:
		return v - lambda
	case v < -lambda && !positive:
		return v + lambda
	}
	return 0
}

func signOf(v float64) int8 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

// subtract takes v times column j of H from grad.
func (s *solver) subtract(p *problem, j int32, v float64) {
	for i := range int(j) {
		s.grad[i] -= float64(v * p.g[p.base[i]+int(j)])
	}
	axpy(s.grad[j:], -v, p.right(p.g, int(j)))
	s.grad[j] -= float64(p.ridge * v)
}

const (
	maxPivots = 60 // far more than any search that gets anywhere takes
	patience  = 3  // full exchanges without fewer wrong columns before single ones
)

// pivot runs block principal pivoting from the signs at hand. It reports false where the active columns depend on each
// other or the search gets nowhere.
func (s *solver) pivot(p *problem) bool {
	best, left := math.MaxInt, patience
	for range maxPivots {
		if !s.solveActive(p) {
			return false
		}
		s.findWrong(p)
		n := len(s.wrong)
		switch {
		case n == 0:
			return true
		case n < best:
			best, left = n, patience
		case left > 0:
			left--
		default:
			s.wrong = s.wrong[n-1:] // Murty's rule: the last one alone, which cannot cycle
		}
		for _, j := range s.wrong {
			s.exchange(p, j)
		}
	}
	return false
}

// exchange turns an active column's sign off, and an inactive column's on towards its correlation.
func (s *solver) exchange(p *problem, j int32) {
	s.listed = false
	if s.sign[j] != 0 {
		s.sign[j] = 0
		return
	}
	s.sign[j] = signOf(s.grad[j])
}

// solveActive solves for the weights of the columns with a sign, in ascending order, and sets grad.
func (s *solver) solveActive(p *problem) bool {
	if !s.listed {
		s.divide(p)
	}
	n := len(s.active)
	l, ld, own := s.f.l, s.f.ld, s.f.own
	pick(l, ld, p.g, p.base, s.active)
	for k, j := range s.active {
		l[k*ld+k] += p.ridge
		own[k] = l[k*ld+k]
		l[k*ld+n] = p.c[j] - float64(p.lambda*float64(s.sign[j]))
	}
	if !s.f.factorize(n) {
		return false
	}
	s.f.back(s.b[:n])
	s.gradient(p)
	return true
}

// divide lists the columns that have a sign and those that don't.
func (s *solver) divide(p *problem) {
	s.listed = true
	s.active, s.inactive = s.active[:0], s.inactive[:0]
	for _, j := range p.eligible {
		if s.sign[j] != 0 {
			s.active = append(s.active, j)
		} else {
			s.inactive = append(s.inactive, j)
		}
	}
}

// gradient sets grad to c - Hb where a column is not active; elsewhere it is of no interest. Each entry's products are taken away in the
// order of the active columns: first those of columns to the left, which have it in their rows, then those to the right.
func (s *solver) gradient(p *problem) {
	copy(s.grad, p.c)
	subtractRight(s.grad, p.g, p.base, s.active, s.b)
	subtractLeft(s.grad, p.g, p.base, s.active, s.b, s.inactive)
}

// findWrong lists, ascending, the columns whose optimality condition fails.
func (s *solver) findWrong(p *problem) {
	s.wrong = s.wrong[:0]
	if s.optimal(p) {
		return
	}
	k := 0
	for _, j := range p.eligible {
		if s.sign[j] != 0 {
			if signOf(s.b[k]) != s.sign[j] {
				s.wrong = append(s.wrong, j)
			}
			k++
			continue
		}
		if s.pulls(p, j) {
			s.wrong = append(s.wrong, j)
		}
	}
}

// optimal reports whether no condition fails, which on most days is so at once.
func (s *solver) optimal(p *problem) bool {
	sign, b := s.sign, s.b[:len(s.active)]
	for k, j := range s.active {
		if !(b[k]*float64(sign[j]) > 0) {
			return false
		}
	}
	grad, limit := s.grad, p.lambda+s.slack
	for _, j := range s.inactive {
		if g := grad[j]; g > limit || g < -limit && !p.positive {
			return false
		}
	}
	return true
}

// pulls reports whether an inactive column's correlation exceeds the penalty.
func (s *solver) pulls(p *problem, j int32) bool {
	g := s.grad[j]
	if !p.positive {
		g = math.Abs(g)
	}
	return g > p.lambda+s.slack
}

// errStuck says that no active set was found, which the methods' theory rules out but for rounding.
var errStuck = errors.New("no active set meets the optimality conditions")
