package sweeps

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// Plan is a sweep that is ready to run: its points, the node of each, what is stored of them, and so what is left to
// do. Making one reads stored points and evaluates nothing.
type Plan struct {
	Config  *config.Config
	Space   *Space
	Metrics []*Metric
	Hash    graph.Hash // the sweep hash
	Dir     string     // where results are: <DateRange>/sweeps/<sweep hash>
	Results *Results   // what is stored; Run fills in the rest

	nodes    []*graph.Node // the target of each point
	sources  []string      // see Request.Sources
	files    []storedFile
	stale    []string       // files computed from parts that are gone or changed
	manifest []byte         // _sweep.json as it stands
	target   []storedTarget // files of the target's rows
	stored   int

	staleTarget []string
	listing     string // of the folder when it was read
}

// Request is what a Plan is made of.
type Request struct {
	Config   *config.Config // with a sweep
	Pipeline *graph.Pipeline
	Lake     *lake.DateRange
	// Sources returns the parts that the sweep reads, given its distinct target nodes. Stored points are stale when a
	// part they were computed from isn't among them. Nil is for plans made before there is a snapshot: then nothing is stale.
	Sources func(targets []*graph.Node) ([]lake.Digest, error)
}

// NewPlan makes the plan of a config's sweep. Faults of the config are config.Problems; a file of results that can't be
// read is a *lake.DamageError.
func NewPlan(ctx context.Context, q Request) (*Plan, error) {
	space, err := NewSpace(ctx, q.Config)
	if err != nil {
		return nil, err
	}
	metrics, err := NewMetrics(q.Config)
	if err != nil {
		return nil, err
	}
	p := &Plan{Config: q.Config, Space: space, Metrics: metrics}
	if p.nodes, err = resolve(ctx, q, space); err != nil {
		return nil, err
	}
	p.Hash = graph.SweepHash(q.Pipeline, space.names())
	p.Dir = q.Lake.SweepDir(p.Hash.Hex())
	if err := p.findSources(q); err != nil {
		return nil, err
	}
	return p, p.load()
}

// resolve finds the node of each point. Parameters that stay the same from one point to the next are not set again, and
// the pipeline remembers what it resolved: a point costs the hash of one node.
func resolve(ctx context.Context, q Request, space *Space) ([]*graph.Node, error) {
	const most, checkEvery = 100_000_000, 4096
	if space.Len() > most {
		return nil, config.Problems{q.Config.Problem(q.Config.Sweep.Pos, "vary fewer values, or add a where", "the sweep has %d points; %d are the most", space.Len(), most)}
	}
	binding := q.Pipeline.Defaults()
	nodes := make([]*graph.Node, space.Len())
	at := make([]int, len(space.Parameters))
	for point := range nodes {
		if point%checkEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for k, param := range space.Parameters {
			if index := space.Index(point, k); point == 0 || index != at[k] {
				at[k] = index
				binding[param.Name] = param.Bound(index)
			}
		}
		found, err := q.Pipeline.Nodes(q.Config.Target.Name, binding)
		if err != nil {
			return nil, err
		}
		if len(found) != 1 {
			return nil, notOne(q.Config, space, point, found)
		}
		nodes[point] = found[0]
	}
	return nodes, nil
}

func notOne(c *config.Config, space *Space, point int, found []*graph.Node) error {
	hint := "a sweep needs one node a point: make the target a node without foreach that reads these"
	return config.Problems{c.Problem(c.Target.Pos, hint, "the target %s is %d nodes at %s", c.Target.Name, len(found), space.Text(point))}
}

func (p *Plan) findSources(q Request) error {
	if q.Sources == nil {
		return nil
	}
	digests, err := q.Sources(p.Targets())
	if err != nil {
		return err
	}
	p.sources = make([]string, 0, len(digests))
	for _, d := range digests {
		p.sources = append(p.sources, d.Node+"/"+d.Path+" "+d.SHA256)
	}
	slices.Sort(p.sources)
	p.sources = slices.Compact(p.sources)
	return nil
}

// refresh reads what is stored again where another run has changed it since.
func (p *Plan) refresh() error {
	now, err := listing(p.Dir)
	if err != nil || now == p.listing {
		return err
	}
	return p.load()
}

// load reads what is stored.
func (p *Plan) load() (err error) {
	if p.listing, err = listing(p.Dir); err != nil {
		return err
	}
	p.Results = newResults(p.Space, p.Metrics, func(point int) string { return p.nodes[point].ID() })
	names, err := listPoints(p.Dir)
	if err != nil {
		return err
	}
	p.files, p.stale, p.staleTarget = nil, nil, nil
	for _, name := range names {
		if err := p.loadFile(name); err != nil {
			return err
		}
	}
	if p.manifest, err = readManifest(p.Dir); err != nil {
		return err
	}
	if p.target, err = p.loadTarget(); err != nil {
		return err
	}
	p.stored = p.Results.Done()
	return nil
}

func (p *Plan) loadFile(name string) error {
	f, err := openResults(filepath.Join(p.Dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another process has just tidied up; its points are in the file it wrote
	}
	if err != nil {
		return err
	}
	defer f.close()
	meta, err := f.readMeta()
	if err != nil {
		return err
	}
	if p.sources != nil && !within(meta.Sources, p.sources) {
		p.stale = append(p.stale, name)
		return nil
	}
	a, err := p.Results.absorb(f, meta)
	if err != nil {
		return err
	}
	st, err := f.file.Stat()
	if err != nil {
		return f.damage(err)
	}
	p.files = append(p.files, storedFile{name: name, names: f.names, types: f.types, rows: f.rows(), size: st.Size(), meta: meta, absorbed: a})
	return nil
}

// Points returns the number of points.
func (p *Plan) Points() int { return p.Space.Len() }

// Stored returns how many points had everything when the plan was made.
func (p *Plan) Stored() int { return p.stored }

// ToCompute returns how many points need work: evaluation, or a metric that is new.
func (p *Plan) ToCompute() int { return p.Space.Len() - p.stored }

// Node returns a point's target.
func (p *Plan) Node(point int) *graph.Node { return p.nodes[point] }

// Targets returns the distinct targets of all points, in canonical order.
func (p *Plan) Targets() []*graph.Node { return distinct(p.nodes, func(int) bool { return true }) }

// Missing returns the distinct targets of the points that a run with these options would evaluate, in canonical order.
func (p *Plan) Missing(o Options) []*graph.Node {
	var places []targetPlace
	if o.StoreTarget {
		places = p.places()
	}
	return distinct(p.nodes, func(point int) bool { return p.lacks(point, places) != 0 })
}

func distinct(nodes []*graph.Node, want func(point int) bool) []*graph.Node {
	seen := make(map[*graph.Node]struct{}, len(nodes))
	var out []*graph.Node
	for point, n := range nodes {
		if _, ok := seen[n]; !ok && want(point) {
			seen[n] = struct{}{}
			out = append(out, n)
		}
	}
	return out
}

// DistinctNodes returns how many nodes the DAGs of all points have together; equal ones count once.
func (p *Plan) DistinctNodes() int {
	n := 0
	graph.Walk(p.Targets(), nil, func(*graph.Node) { n++ })
	return n
}

// String is what `tdlake plan` prints of a sweep.
func (p *Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sweep of %s (%s)\n", p.Config.Target.Name, p.Hash.Hex())
	row := func(label, format string, args ...any) {
		fmt.Fprintf(&b, "  %-16s%s\n", label, fmt.Sprintf(format, args...))
	}
	for _, param := range p.Space.Parameters {
		row("vary", "%s: %s", param.Name, param.describe())
	}
	if p.Space.kept != nil {
		row("where", "%d of %d combinations", p.Space.Len(), p.Space.size)
	}
	row("points", "%d", p.Points())
	row("distinct nodes", "%d", p.DistinctNodes())
	row("already stored", "%d", p.stored)
	row("to compute", "%s", p.why())
	return b.String()
}

// why says what is left to do and what for.
func (p *Plan) why() string {
	whole, parts := 0, 0
	for point := range p.nodes {
		switch lacks := p.Results.lacks(point); {
		case lacks&wholePoint != 0:
			whole++
		case lacks != 0:
			parts++
		}
	}
	out := fmt.Sprint(whole + parts)
	var reasons []string
	if whole > 0 && p.stored+parts > 0 {
		reasons = append(reasons, fmt.Sprintf("%d new", whole))
	}
	if parts > 0 {
		reasons = append(reasons, fmt.Sprintf("%d for metrics that are new", parts))
	}
	if len(p.stale) > 0 {
		reasons = append(reasons, "the parts that stored points were computed from are gone or changed")
	}
	if len(reasons) > 0 {
		out += " (" + strings.Join(reasons, "; ") + ")"
	}
	return out
}
