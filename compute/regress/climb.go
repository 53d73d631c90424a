package regress

import (
	"math"
	"slices"
)

// climb runs the primal active-set method from an empty set. It keeps every iterate feasible (weights have their column's
// sign) and the active columns independent: a column that depends on the active ones enters by a step along the null
// direction, which pushes one of them out. It always starts cold, so its answer owes nothing to earlier rows. It reports false where rounding
// keeps every set from meeting the conditions.
func (s *solver) climb(p *problem, largest float64) bool {
	limit := 50 + 5*len(p.eligible)
	for _, tolerance := range tolerances {
		s.slack = tolerance * largest
		if c := newClimber(s, p); c.run(limit) {
			return !c.pullsBarred(promised * largest)
		}
	}
	return false
}

// promised is how far, relative to the largest |X'y| among the features, a correlation may exceed the penalty: half of what the package promises.
const promised = 5e-10

// pullsBarred reports whether a column that could not enter pulls by more than some slack.
func (c *climber) pullsBarred(slack float64) bool {
	c.slack = max(c.slack, slack)
	return slices.ContainsFunc(c.p.eligible, func(j int32) bool { return c.barred[j] && c.sign[j] == 0 && c.pulls(c.p, j) })
}

func newClimber(s *solver, p *problem) *climber {
	clear(s.sign)
	s.listed = false
	s.active = s.active[:0]
	copy(s.grad, p.c)
	return &climber{solver: s, p: p, weight: make([]float64, len(s.sign)), barred: make([]bool, len(s.sign))}
}

// run takes columns in until none pulls, or reports false after limit of them.
func (c *climber) run(limit int) bool {
	for range limit {
		j := c.steepest()
		if j < 0 {
			c.finish()
			return true
		}
		c.enter(j)
		copy(c.grad, c.p.c)
		for k, j := range c.active {
			c.subtract(c.p, j, c.b[k])
		}
	}
	return false
}

// climber is the state of one climb. The solver's active holds the active columns in the order they entered, b their
// weights, f the factor in that order.
type climber struct {
	*solver
	p      *problem
	weight []float64 // a column: its weight
	barred []bool    // columns that could not enter since the last step that moved
}

// steepest returns the inactive column whose correlation exceeds the penalty by most, the first of equals, or -1.
func (c *climber) steepest() int32 {
	best, at := 0.0, int32(-1)
	for _, j := range c.p.eligible {
		if c.sign[j] != 0 || c.barred[j] || !c.pulls(c.p, j) {
			continue
		}
		if g := math.Abs(c.grad[j]); g > best {
			best, at = g, j
		}
	}
	return at
}

func (c *climber) enter(j int32) {
	c.sign[j] = signOf(c.grad[j])
	if !c.append(j) && !c.slide(j) {
		c.sign[j] = 0
		c.barred[j] = true
		return
	}
	for !c.step() {
	}
	clear(c.barred)
}

// append adds column j to the factor, or reports false where it depends on the active columns.
func (c *climber) append(j int32) bool {
	n := len(c.active)
	row := c.scratch[:n+1]
	for i, k := range c.active {
		row[i] = c.p.h(j, k)
	}
	row[n] = c.p.h(j, j)
	if !(row[n] > 0) || !c.f.row(n, row) {
		return false
	}
	c.active = append(c.active, j)
	return true
}

// slide moves along the direction that leaves Xb as it is and grows column j's weight, until an active weight reaches
// zero, and puts j in that column's place. It reports false where nothing stops the move.
func (c *climber) slide(j int32) bool {
	n := len(c.active)
	v := c.scratch[:n]
	for i, k := range c.active {
		v[i] = c.p.h(j, k)
	}
	c.f.solve(v)
	grow := float64(c.sign[j])
	theta, out := math.Inf(1), -1
	for i, k := range c.active {
		if change := -grow * v[i] * float64(c.sign[k]); change < 0 {
			if t := math.Abs(c.weight[k] / v[i]); t < theta {
				theta, out = t, i
			}
		}
	}
	if out < 0 {
		return false
	}
	for i, k := range c.active {
		c.weight[k] -= float64(grow * theta * v[i])
	}
	c.weight[j] = grow * theta
	c.drop(out)
	return c.append(j)
}

// step moves the weights to the solution on the active columns, or as far towards it as signs allow; it then drops the
// column that stood in the way and reports false.
func (c *climber) step() bool {
	n := len(c.active)
	z := c.b[:n]
	for i, k := range c.active {
		z[i] = c.p.c[k] - float64(c.p.lambda*float64(c.sign[k]))
	}
	c.f.solve(z)
	theta, out := 1.0, -1
	for i, k := range c.active {
		if signOf(z[i]) == c.sign[k] {
			continue
		}
		if t := c.weight[k] / (c.weight[k] - z[i]); out < 0 || t < theta {
			theta, out = t, i
		}
	}
	for i, k := range c.active {
		c.weight[k] += float64(theta * (z[i] - c.weight[k]))
	}
	if out >= 0 {
		c.drop(out)
		return false
	}
	for i, k := range c.active {
		c.weight[k] = z[i]
	}
	return true
}

// drop takes the i-th active column out and factors the rest afresh.
func (c *climber) drop(i int) {
	gone := c.active[i]
	c.sign[gone], c.weight[gone] = 0, 0
	rest := append([]int32(nil), c.active[:i]...)
	rest = append(rest, c.active[i+1:]...)
	c.active = c.active[:0]
	for _, k := range rest {
		if !c.append(k) { // independent before, so only rounding can do this
			c.sign[k], c.weight[k] = 0, 0
		}
	}
}

// finish leaves the answer as pivot would: active ascending, solved in that order where its columns are independent in
// that order too.
func (c *climber) finish() {
	if c.solveActive(c.p) {
		return
	}
	c.active = c.active[:0]
	for _, j := range c.p.eligible {
		if c.sign[j] != 0 {
			c.b[len(c.active)] = c.weight[j]
			c.active = append(c.active, j)
		}
	}
}
