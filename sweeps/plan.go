package sweeps

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
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
	sources  []string       // see Request.Sources
	files    []storedFile
	stale    []string       // files computed from parts that are gone or changed
	manifest []byte         // _sweep.json as it stands
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
	p := &Plan{Config: q.Config, Space: space, Metrics: metrics, pipeline: q.Pipeline}
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

func (p *Plan) findSources(q Request) error {
	if q.Sources == nil {
		return nil
	}
	digests, err := q.Sources(p.Representatives())
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

// Close ends what Ahead began, and closes files.
func (p *Plan) Close() {
	p.background.Wait()
	for _, r := range p.readings {
		r.file.close() // it was only read
	}
}

// refresh reads what is stored, again where another run has changed it since.
func (p *Plan) refresh() error {
	err := p.read()
	now, listed := listing(p.Dir)
	if listed != nil {
		return listed
	}
	if now == p.listing {
		return err
	}
	p.Close()
	if err := p.load(); err != nil {
		return err
	}
	return p.read()
}

// load finds out what is stored.
func (p *Plan) load() (err error) {
	if p.listing, err = listing(p.Dir); err != nil {
		return err
	}
	p.Results = newResults(p.Space, p.Metrics, p.ids)
	names, err := listPoints(p.Dir)
	if err != nil {
		return err
	}
	p.files, p.stale, p.staleTarget, p.readings = nil, nil, nil, nil
	p.read = sync.OnceValue(p.readAll)
	if p.manifest, err = readManifest(p.Dir); err != nil {
		return err
	}
	for _, name := range names {
		if err := p.loadFile(name); err != nil {
			return err
		}
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
	used, err := p.loadOpened(f, name)
	if !used || err != nil {
		f.close()
	}
	return err
}

// loadOpened reports whether the file is still needed.
func (p *Plan) loadOpened(f *resultFile, name string) (bool, error) {
	meta, err := f.readMeta()
	if err != nil {
		return false, err
	}
	if p.sources != nil && !within(meta.Sources, p.sources) {
		p.stale = append(p.stale, name)
		return false, nil
	}
	st, err := f.file.Stat()
	if err != nil {
		return false, f.damage(err)
	}
	believed, err := p.believed(f, st.Size(), meta)
	if err != nil {
		return false, err
	}
	a, reading, err := p.Results.absorb(f, meta, believed)
	if err != nil {
		return false, err
	}
	p.files = append(p.files, storedFile{name: name, names: f.names, types: f.types, rows: f.rows(), size: st.Size(), meta: meta, absorbed: a})
	p.readings = append(p.readings, reading)
	return true, nil
}

// believed returns the fingerprints of a file's row groups, none where it isn't the very file that _sweep.json says was written: parameters and identifiers that nobody
// reads might be damaged, and row groups are copied.
func (p *Plan) believed(f *resultFile, size int64, meta fileMeta) ([]string, error) {
	var m manifest
	if len(meta.Groups) == 0 || json.Unmarshal(p.manifest, &m) != nil || m.File != filepath.Base(f.path) || m.Bytes != size {
		return nil, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(f.file, 0, size)); err != nil {
		return nil, f.damage(err)
	}
	if hex.EncodeToString(h.Sum(nil)) != m.SHA256 {
		return nil, nil
	}
	return meta.Groups, nil
}

// readAll reads file by file, in the order in which they were found: of a value that two have, the last one's counts.
func (p *Plan) readAll() error {
	p.Results.makeRoom()
	for _, r := range p.readings {
		if err := r.run(); err != nil {
			return err
		}
	}
	return nil
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
