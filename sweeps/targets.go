package sweeps

import "github.com/tdlake/tdlake/graph"

// Node returns a point's target, the same pointer for equal ones.
func (p *Plan) Node(point int) *graph.Node {
	index := make([]int, len(p.Space.Parameters))
	p.Space.indexes(point, index)
	n, err := p.targets.Node(index)
	if err != nil {
		panic("sweeps: " + err.Error()) // it was resolved when the plan was made
	}
	return n
}

// Targets returns the distinct targets of all points, in canonical order: as many nodes as there are points, which most
// have no need for (see Representatives).
func (p *Plan) Targets() []*graph.Node { return p.distinct(func(int) bool { return true }) }

// Representatives returns targets that between them need what the targets of all points need, in canonical order: see
// graph.Pipeline.Representatives.
func (p *Plan) Representatives() []*graph.Node {
	return p.representatives(func(int) bool { return true })
}

// Missing returns the same of the points that a run with these options would evaluate.
func (p *Plan) Missing(o Options) []*graph.Node {
	var places []targetPlace
	if o.StoreTarget {
		places = p.places()
	}
	return p.representatives(func(point int) bool { return p.lacks(point, places) != 0 })
}

// Direct reports whether points can be evaluated as plain series, which takes a tenth of the time: portfolios, all of whose metrics are built in.
func (p *Plan) Direct() bool {
	return p.Points() > 0 && !p.hasSQL() && p.Node(0).Kind.Name == graph.KindLongShort
}

func (p *Plan) representatives(want func(point int) bool) []*graph.Node {
	if !p.targets.Alike() {
		return p.pipeline.Representatives(p.distinct(want))
	}
	points := p.fresh(want)
	whole := len(points) == len(p.ids.fresh)
	if whole && p.all != nil {
		return p.all
	}
	var nodes []*graph.Node
	for _, point := range points {
		nodes = append(nodes, p.Node(point))
	}
	nodes = p.pipeline.Representatives(nodes)
	if whole {
		p.all = nodes
	}
	return nodes
}

// fresh returns wanted points that between them have every input that any of them has, ascending.
func (p *Plan) fresh(want func(point int) bool) []int {
	all := true
	for _, point := range p.ids.fresh {
		all = all && want(point)
	}
	if all {
		return p.ids.fresh
	}
	var points []int
	t := newTracker(p.Space, p.targets)
	for point := range p.Points() {
		if !want(point) {
			continue
		}
		if fresh, _, _ := t.to(point); fresh {
			points = append(points, point)
		}
	}
	return points
}

func (p *Plan) distinct(want func(point int) bool) []*graph.Node {
	seen := make(map[*graph.Node]struct{}, p.Points())
	var out []*graph.Node
	for point := range p.Points() {
		if !want(point) {
			continue
		}
		n := p.Node(point)
		if _, ok := seen[n]; !ok {
			seen[n] = struct{}{}
			out = append(out, n)
		}
	}
	return out
}

// DistinctNodes returns how many nodes the DAGs of all points have together; equal ones count once. No target is above
// another: their names' place in the pipeline is one.
func (p *Plan) DistinctNodes() int {
	if p.counted == 0 {
		some := p.Representatives()
		graph.Walk(some, nil, func(*graph.Node) { p.counted++ })
		p.counted += p.ids.distinct() - len(some)
	}
	return p.counted
}
