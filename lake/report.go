package lake

import (
	"context"
	"fmt"
	"strings"

	"github.com/tdlake/tdlake/graph"
)

// Report is what a snapshot has come to.
type Report struct {
	Dir      string
	Source   string
	Nodes    []NodeReport // every node that was planned for, also those that were stored before
	Changes  []Change     // of a refresh
	Dropped  []string     // nodes that a refresh did not renew
	Warnings []string     // of the database: infinities, decimals and the like
}

// NodeReport is what is stored of a node.
type NodeReport struct {
	ID       string
	Name     string
	Rows     int64
	Parts    int
	Linked   int   // of the parts: taken from another date range by this run
	Bytes    int64 // as-of rows included
	Span     Span  // of the parts; empty where there are none
	Lookback int   // distinct times before the date range
	Fetched  int64 // rows that this run read from the database
	Warnings []string
}

// report looks at what is stored now.
func (p *SnapshotPlan) report(ctx context.Context) (*Report, error) {
	r := &Report{Dir: p.d.dir, Source: p.src.Place()}
	steps := map[graph.Hash]*step{}
	for _, s := range p.steps {
		steps[s.node.Hash] = s
	}
	done := map[graph.Hash]bool{}
	for _, n := range p.done {
		done[n.Hash] = true
	}
	for _, n := range p.nodes {
		s := steps[n.Hash]
		if s == nil && !done[n.Hash] {
			continue
		}
		node, err := p.nodeReport(ctx, n)
		if err != nil {
			return nil, err
		}
		if s != nil {
			node.Fetched, node.Linked = s.fetched, s.taken
		}
		r.Nodes = append(r.Nodes, node)
	}
	if p.view != nil {
		r.Warnings = p.view.Warnings()
	}
	return r, nil
}

func (p *SnapshotPlan) nodeReport(ctx context.Context, n *graph.Node) (NodeReport, error) {
	m, err := p.d.Manifest(n.ID())
	if err != nil {
		return NodeReport{}, err
	}
	r := NodeReport{ID: m.ID, Name: n.Name, Rows: m.Rows, Parts: len(m.Parts), Bytes: m.Bytes()}
	r.Span, _ = m.Span()
	if r.Lookback, err = p.d.distinct(ctx, m, Span{beginning, p.d.span.Start}); err != nil {
		return r, err
	}
	s, short := p.shorts[n.Hash]
	if !short {
		return r, nil
	}
	w, err := p.d.shortWarning(ctx, m, s)
	if err == nil {
		r.Warnings = append(r.Warnings, w)
	}
	return r, err
}

// Shortages says of nodes that are stored where their history is shorter than the lookbacks ask for: of those that Run takes rows of, its report does.
func (p *SnapshotPlan) Shortages(ctx context.Context) ([]string, error) {
	var all []string
	for _, n := range p.done {
		s, short := p.shorts[n.Hash]
		if !short {
			continue
		}
		m, err := p.d.Manifest(n.ID())
		if err != nil {
			return nil, err
		}
		text, err := p.d.shortWarning(ctx, m, s)
		if err != nil {
			return nil, err
		}
		all = append(all, n.Name+": "+text)
	}
	return all, nil
}

// shortWarning says how much less history there is than was asked for.
func (d *DateRange) shortWarning(ctx context.Context, m *Manifest, s shortage) (string, error) {
	has, err := d.distinct(ctx, m, Span{beginning, s.before})
	if err != nil {
		return "", err
	}
	if has == 0 {
		return fmt.Sprintf("the lookback asks for %s before %s, there are none: results start later", nTimes(s.n), showTime(s.before)), nil
	}
	return fmt.Sprintf("the lookback asks for %s before %s, the history has %d (it begins at %s): results that need more start later",
		nTimes(s.n), showTime(s.before), has, showTime(s.first)), nil
}

func nTimes(n int) string { return plural(n, "time", "times") }

// String says what is stored of each node, a line each, then what is worth knowing.
func (r *Report) String() string {
	width := 0
	for _, n := range r.Nodes {
		width = max(width, len([]rune(n.Name)))
	}
	var b strings.Builder
	for _, n := range r.Nodes {
		fmt.Fprintf(&b, "%-*s  %s\n", width, n.Name, n.summary())
		for _, w := range n.Warnings {
			fmt.Fprintf(&b, "  warning: %s\n", w)
		}
	}
	for _, c := range r.Changes {
		fmt.Fprintln(&b, c)
	}
	for _, id := range r.Dropped {
		fmt.Fprintf(&b, "%s is no longer stored: the config that needs it fetches it again\n", id)
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", w)
	}
	return b.String()
}

func (n NodeReport) summary() string {
	out := fmt.Sprintf("%s in %s, %s", plural(n.Rows, "row", "rows"), plural(n.Parts, "part", "parts"), ShowBytes(n.Bytes))
	if !n.Span.Empty() {
		out += ", " + n.Span.String()
	}
	if n.Lookback > 0 {
		out += ", " + nTimes(n.Lookback) + " of lookback"
	}
	if n.Linked > 0 {
		out += fmt.Sprintf(", %d shared", n.Linked)
	}
	return out
}

// ShowBytes writes a size as people read it: 373.2 KiB.
func ShowBytes(n int64) string {
	if n < 1<<10 {
		return plural(n, "byte", "bytes")
	}
	size, unit := float64(n)/(1<<10), 0
	for size >= 1<<10 && unit < len(byteUnits)-1 {
		size /= 1 << 10
		unit++
	}
	return fmt.Sprintf("%.1f %s", size, byteUnits[unit])
}

var byteUnits = []string{"KiB", "MiB", "GiB", "TiB"}
