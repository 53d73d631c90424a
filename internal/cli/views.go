package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// views is a DuckDB in which nodes are relations, made when a query mentions them: over the lake's Parquet files where they are stored,
// else computed. It reads the date range's folder and nothing else.
type views struct {
	*project
	swept *project // the config as its sweep has it: see loadForSQL
	db    *duck.DB
	temp  func() error // removes what DuckDB spilled
	made  map[string]bool
	read  map[string][]string // of a name that is made: the nodes whose parts it reads
}

// openViews opens DuckDB with all threads. Close it after use.
func (p *project) openViews(ctx context.Context, o *output) (*views, error) {
	temp, done, err := duck.Scratch()
	if err != nil {
		return nil, err
	}
	options := duck.Options{
		Threads: p.threads(), MemoryLimit: p.budget().duck, TempDir: temp, AllowedDirs: []string{p.lake.Dir()},
	}
	if o.temporary != "" {
		options.AllowedFiles = []string{o.temporary}
	}
	db, err := duck.Open(ctx, options)
	if err != nil {
		return nil, errors.Join(err, done())
	}
	return &views{project: p, swept: p, db: db, temp: done, made: map[string]bool{}, read: map[string][]string{}}, nil
}

func (v *views) close() error { return errors.Join(v.db.Close(), v.temp()) }

// names are what a query may mention.
func (v *views) names() []string { return append(v.pipeline.Names(), v.sweepViews()...) }

// provide makes the relations that a query mentions, where they are not there yet.
func (v *views) provide(ctx context.Context, sql string) error {
	words, err := duck.Mentions(sql)
	if err != nil {
		return err
	}
	if duck.ReadsFiles(sql) {
		if err := v.lake.IntactAll(ctx); err != nil {
			return err
		}
	}
	for _, name := range v.names() {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(w, name) }) {
			continue
		}
		if v.made[name] {
			if err := v.intact(ctx, name); err != nil {
				return err
			}
			continue
		}
		if err := v.provideOne(ctx, name); err != nil {
			return err
		}
		v.made[name] = true
	}
	return nil
}

// intact sees that what DuckDB is about to read of a relation is still what was written: it holds no page against a checksum.
func (v *views) intact(ctx context.Context, name string) error {
	if name == targetsView {
		return v.lake.IntactAll(ctx)
	}
	for _, id := range v.read[name] {
		if _, err := v.lake.Intact(ctx, id, v.lake.Range()); err != nil {
			return err
		}
	}
	return nil
}

func (v *views) provideOne(ctx context.Context, name string) error {
	if slices.Contains(v.sweepViews(), name) {
		return v.provideSweep(ctx, name)
	}
	elements, err := v.pipeline.Elements(name, v.pipeline.Defaults())
	if err != nil {
		return err
	}
	return v.provideNode(ctx, name, elements, false)
}

// provideNode makes a view of a node's elements under its name: what the lake has is read there, what it lacks is computed first, and
// stored where keep says so.
func (v *views) provideNode(ctx context.Context, name string, elements []graph.Element, keep bool) error {
	if err := v.checkSource(ctx); err != nil {
		return err
	}
	selects := make([]string, len(elements))
	var missing []graph.Element
	for i, e := range elements {
		if !isStored(v.lake, e.Node, v.lake.Range()) {
			missing = append(missing, e)
			continue
		}
		m, err := v.lake.Intact(ctx, e.Node.ID(), v.lake.Range())
		if err != nil {
			return err
		}
		if len(m.Parts) == 0 { // it was replaced just now
			missing = append(missing, e)
			continue
		}
		v.read[name] = append(v.read[name], e.Node.ID())
		selects[i] = v.selectStored(e, m)
		for _, text := range m.Warnings { // what was told when they were computed
			v.warn("node " + name + ": " + text)
		}
	}
	frames, err := v.evaluate(ctx, missing, keep)
	if err != nil {
		return err
	}
	for i, e := range elements {
		if f := frames[e.Node.Hash]; f != nil {
			if err := v.db.Register(e.Node.ID(), f); err != nil {
				return err
			}
			selects[i] = v.selectFrom(e, f.Schema(), duck.Quote(e.Node.ID()))
		}
	}
	return v.db.Exec(ctx, fmt.Sprintf("create or replace view %s as %s", duck.Quote(name), strings.Join(selects, "\nunion all ")))
}

// evaluate computes the elements of a node and returns their rows within the date range.
func (v *views) evaluate(ctx context.Context, elements []graph.Element, keep bool) (frames map[graph.Hash]*frame.Frame, err error) {
	if len(elements) == 0 {
		return nil, nil
	}
	var nodes []*graph.Node
	for _, e := range elements {
		nodes = append(nodes, e.Node)
	}
	work, err := v.prepare(ctx, nodes)
	if err != nil {
		return nil, err
	}
	defer work.close()
	frames = make(map[graph.Hash]*frame.Frame, len(nodes))
	for _, n := range nodes {
		if frames[n.Hash], err = work.rows(ctx, n); err != nil {
			return nil, err
		}
	}
	return frames, work.store(ctx, nodes, keep)
}

// storedRange returns the manifest of a node whose rows for the whole date range are in the lake and not stale, else nil.
func (p *project) storedRange(n *graph.Node) *lake.Manifest {
	if !isStored(p.lake, n, p.lake.Range()) {
		return nil
	}
	m, err := p.lake.Manifest(n.ID())
	if err != nil || len(m.Parts) == 0 {
		return nil
	}
	return m
}

// selectStored reads a stored node's parts within the date range, in order. Those that lie in it wholly are read without a look at their
// times, which would be most of what a query over other columns reads.
func (v *views) selectStored(e graph.Element, m *lake.Manifest) string {
	var selects []string
	for _, parts := range runs(m.Parts, v.lake.Range()) {
		files := make([]string, len(parts))
		for i, part := range parts {
			files[i] = duck.Literal(v.lake.NodeDir(m.ID) + "/" + part.Path)
		}
		s := fmt.Sprintf("select %s* from read_parquet([%s], hive_partitioning = false)", settingsOf(e, m.Schema()), strings.Join(files, ", "))
		if !v.lake.Range().Contains(parts[0].Span) {
			s += v.withinRange()
		}
		selects = append(selects, s)
	}
	return strings.Join(selects, "\nunion all ")
}

// runs splits the parts that overlap a range, in order, where they begin and end to lie in it wholly. Where none overlaps it is the first
// part, for its columns.
func runs(parts []lake.Part, s lake.Span) (out [][]lake.Part) {
	for _, part := range parts {
		last := len(out) - 1
		switch {
		case !part.Span.Overlaps(s):
		case last >= 0 && s.Contains(out[last][0].Span) == s.Contains(part.Span):
			out[last] = append(out[last], part)
		default:
			out = append(out, []lake.Part{part})
		}
	}
	if out == nil {
		out = [][]lake.Part{parts[:1]}
	}
	return out
}

// selectFrom reads a relation within the date range, with the element's settings as first columns. A setting that has the name of a column
// is left out.
func (v *views) selectFrom(e graph.Element, schema frame.Schema, relation string) string {
	return "select " + settingsOf(e, schema) + "* from " + relation + v.withinRange()
}

func (v *views) withinRange() string {
	return fmt.Sprintf(" where time_index >= %s and time_index < %s", timeLiteral(v.config.Start), timeLiteral(v.config.End))
}

func timeLiteral(us int64) string { return "timestamptz " + duck.Literal(instant(us)) }

// literal writes a parameter's value in SQL.
func literal(value any) string {
	switch v := value.(type) {
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64) + "::double"
	case string:
		return duck.Literal(v)
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = literal(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	}
	return fmt.Sprint(value)
}
