package sweeps

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// Plan is a sweep that is ready to run: its points, who the target of each is, what is stored of them, and so what is left to
// do. Making one finds out which points are stored and evaluates nothing; their values are read by whoever needs them first, Run, Table or Ranked. Close a plan after use.
type Plan struct {
	Config  *config.Config
	Space   *Space
	Metrics []*Metric
	Hash    graph.Hash // the sweep hash
	Dir     string     // where results are: <DateRange>/sweeps/<sweep hash>
	Results *Results   // what is stored; Run fills in the rest

	pipeline *graph.Pipeline
	targets  *graph.Targets // of all points
	ids      *identities    // likewise
	lake     *lake.DateRange
	sources  []string            // see Request.Sources
	others   map[string][]string // of nodes by their local_hash_id: see current
	files    []storedFile
	stale    []string // files computed from parts that are gone or changed
	written  writtenManifest
	target   []storedTarget // files of the target's rows
	stored   int

	all         []*graph.Node // representatives of all points, once they were asked for
	counted     int           // distinct nodes; 0: not yet
	staleTarget []string
	listing     string                   // of the folder when it was read
	ahead       func() (*duck.DB, error) // see Ahead
	readings    []*reading               // of files, in order
	read        func() error             // does them, once: what can't be read is a *lake.DamageError
	background  sync.WaitGroup           // of Ahead
}

// Request is what a Plan is made of.
type Request struct {
	Config   *config.Config // with a sweep
	Pipeline *graph.Pipeline
	Lake     *lake.DateRange
	// Sources returns the parts that the sweep reads, given its Representatives. Stored points are stale when a
	// part they were computed from is neither among them nor, of a node that only other points read, in Lake. Nil is for plans made before there is a snapshot: then nothing is stale.
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
	if err := CheckTarget(q.Config, q.Pipeline, metrics); err != nil {
		return nil, err
	}
	p := &Plan{Config: q.Config, Space: space, Metrics: metrics, pipeline: q.Pipeline, lake: q.Lake}
	values := func(k int) []any { return space.Parameters[k].bound }
	if p.targets, err = q.Pipeline.Targets(q.Config.Target.Name, space.names(), values); err != nil {
		return nil, err
	}
	if p.ids, err = identify(ctx, q.Config, space, p.targets); err != nil {
		return nil, err
	}
	p.Hash = graph.SweepHash(q.Pipeline, space.names())
	p.Dir = q.Lake.SweepDir(p.Hash.Hex())
	if err := p.findSources(q); err != nil {
		return nil, err
	}
	if err := p.load(); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Points returns the number of points.
func (p *Plan) Points() int { return p.Space.Len() }

// Stored returns how many points had everything when the plan was made.
func (p *Plan) Stored() int { return p.stored }

// ToCompute returns how many points need work: evaluation, or a metric that is new.
func (p *Plan) ToCompute() int { return p.Space.Len() - p.stored }

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
	for point := range p.Points() {
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
