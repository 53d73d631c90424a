package regress

import "slices"

// Twin is a column that is left out, for it can hardly be told apart from others that come before it.
type Twin struct{ Column, Like int32 }

// twins are the columns left out from the first window that could not be solved with them until the month ends or the features change.
type twins struct {
	found   []Twin
	version int // of the features they are among
	rest    []int32
	problem problem
}

// alike is how little may remain of a column's square, once what others explain of it is taken away, for it to be left out: the least that helps is taken.
// Columns that differ by a millionth of themselves have 1e-12 left, which is what rounding leaves of a product as well.
var alike = [...]float64{1e-10, 1e-8, 1e-6, 1e-4}

// without returns a problem without the columns that are left out.
func (w *twins) without(p *problem) *problem {
	if w.found == nil {
		return p
	}
	if w.version != p.version {
		w.found = nil
		return p
	}
	w.problem = *p
	w.problem.eligible = w.rest
	return &w.problem
}

// leaveOut solves a problem that has no answer within rounding without columns that are nearly others: first without those that are nearly one column
// before them, then without those that are nearly a combination of such.
func (s *solver) leaveOut(p *problem, largest float64) bool {
	before := s.twins.found
	for _, like := range []func(*problem, float64) []Twin{s.pairs, s.combinations} {
		tried := 0
		for _, share := range alike {
			found := like(p, share)
			if len(found) == tried {
				continue
			}
			tried = len(found)
			if s.solveWithout(p, append(slices.Clone(before), found...), largest) {
				return true
			}
		}
	}
	s.forget()
	return false
}

// solveWithout solves p without some columns, from the beginning.
func (s *solver) solveWithout(p *problem, found []Twin, largest float64) bool {
	w := &s.twins
	w.found, w.version = found, p.version
	w.rest = slices.DeleteFunc(slices.Clone(p.eligible), func(j int32) bool {
		return slices.ContainsFunc(found, func(t Twin) bool { return t.Column == j })
	})
	p = w.without(p)
	s.warm, s.slack = false, tolerances[0]*largest
	s.start(p)
	return s.pivot(p) || s.climb(p, largest)
}

// pairs finds the columns that are nearly a multiple of one before them.
func (s *solver) pairs(p *problem, share float64) []Twin {
	var found []Twin
	var kept []int32
	for _, j := range p.eligible {
		own := p.h(j, j)
		at := slices.IndexFunc(kept, func(k int32) bool {
			h := p.h(k, j)
			return own-h/p.h(k, k)*h <= share*own
		})
		if at < 0 {
			kept = append(kept, j)
		} else {
			found = append(found, Twin{j, kept[at]})
		}
	}
	return found
}

// combinations finds the columns that are nearly a combination of those before them.
func (s *solver) combinations(p *problem, share float64) []Twin {
	var found []Twin
	c := newClimber(s, p)
	for _, j := range p.eligible {
		if !c.append(j) || c.left(j) <= share {
			c.active = slices.DeleteFunc(c.active, func(k int32) bool { return k == j })
			found = append(found, Twin{j, c.closest(j)})
		}
	}
	return found
}

// left returns the share of its square that the newest column of the factor, j, adds.
func (c *climber) left(j int32) float64 {
	n := len(c.active) - 1
	l := c.f.l[n*c.f.ld+n]
	return l * l / c.p.h(j, j)
}

// closest returns the active column that explains most of j, the first of equals; j itself where there is none.
func (c *climber) closest(j int32) int32 {
	best, most := j, -1.0
	for _, k := range c.active {
		h := c.p.h(k, j)
		if e := h / c.p.h(k, k) * h; e > most {
			best, most = k, e
		}
	}
	return best
}
