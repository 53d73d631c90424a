package sweeps

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
)

// Ranking is the table that a sweep ends with: the best points first. It encodes to JSON with the same fields.
type Ranking struct {
	By      string          // a metric; empty without metrics
	Order   string          // config.Descending: its large values come first; config.Ascending: its small ones
	Points  int             // ranked, those beyond the limit included
	Late    int             // of them, how many start later than the others, or not at all
	Fewer   int             // of the others, how many have fewer rows
	Ruined  int             // how many are of a portfolio that came to its end
	Warned  int             // how many have a warning
	Columns []RankingColumn // parameters, metrics, rows, first_time, starts_late
	Rows    [][]any         // int64, float64, string, bool, time.Time (UTC), or nil where missing
}

// RankingColumn is a column of a Ranking.
type RankingColumn struct {
	Name   string     `json:"name"`
	Type   frame.Type `json:"type"`
	Metric bool       `json:"metric"`
}

// Ranked returns the first limit points, all where limit is 0 or less. Full-length points come first: those that start as early as any and, of
// these, have as many rows as any. Others are not comparable with them; those that start later are marked. Among points of either sort those whose portfolio came to its
// end are last. Then a metric decides, the one that sweep.rank names or the first, better ones first, missing ones last; the canonical order breaks ties.
func (p *Plan) Ranked(limit int) (*Ranking, error) { return p.RankedBy(limit, "") }

// RankedBy is Ranked by a metric of that name, which the config's choice gives way to; "" leaves it to the config.
func (p *Plan) RankedBy(limit int, metric string) (*Ranking, error) {
	if err := p.read(); err != nil {
		return nil, err
	}
	by, err := p.rankedBy(metric)
	if err != nil {
		return nil, err
	}
	r := p.Results
	points := r.complete()
	full := r.fullLength(points)
	out := &Ranking{Points: len(points)}
	for _, point := range points {
		switch {
		case r.late(point, full):
			out.Late++
		case r.short(point, full):
			out.Fewer++
		}
		if !r.ruin.missing(point) {
			out.Ruined++
		}
		if r.warnings[point] != "" {
			out.Warned++
		}
	}
	if by.metric >= 0 {
		out.By, out.Order = r.metrics[by.metric].Name, by.order
	}
	points = best(points, limit, func(a, b int) int { return r.compare(a, b, full, by) })
	out.Columns = r.rankingColumns()
	for _, point := range points {
		out.Rows = append(out.Rows, r.rankingRow(point, full))
	}
	return out, nil
}

// decider is the metric that ranks, by its place (-1: none), and which of its values come first.
type decider struct {
	metric int
	order  string
}

// rankedBy chooses what points are ranked by.
func (p *Plan) rankedBy(metric string) (decider, error) {
	rank := p.Config.Sweep.Rank
	if metric == "" {
		metric = rank.By
	}
	if len(p.Metrics) == 0 && metric == "" {
		return decider{metric: -1}, nil
	}
	at := 0
	if metric != "" {
		at = slices.IndexFunc(p.Metrics, func(m *Metric) bool { return m.Name == metric })
	}
	if at < 0 {
		return decider{}, fmt.Errorf("the sweep has no metric %q", metric)
	}
	d := decider{at, p.Metrics[at].Order()}
	if rank.Order != "" && (rank.By == p.Metrics[at].Name || rank.By == "" && at == 0) {
		d.order = rank.Order
	}
	return d, nil
}

// length is what full-length points have: when they start, and how many rows.
type length struct{ first, rows int64 }

func (r *Results) fullLength(points []int) length {
	full := length{first: math.MaxInt64}
	for _, point := range points {
		if !r.first.missing(point) {
			full.first = min(full.first, r.first.ints[point])
		}
	}
	for _, point := range points {
		if !r.late(point, full) {
			full.rows = max(full.rows, r.rows.ints[point])
		}
	}
	return full
}

// late reports whether a point starts later than full-length ones, or not at all.
func (r *Results) late(point int, full length) bool {
	return full.first < math.MaxInt64 && (r.first.missing(point) || r.first.ints[point] > full.first)
}

// short reports whether a point is not full-length.
func (r *Results) short(point int, full length) bool {
	return r.late(point, full) || r.rows.ints[point] < full.rows
}

// best returns the first limit points (all where it is 0 or less) in an order, ties as they come.
func best(points []int, limit int, compare func(a, b int) int) []int {
	if limit <= 0 || limit >= len(points) {
		slices.SortStableFunc(points, compare)
		return points
	}
	var out []int
	for _, point := range points {
		if len(out) == limit && compare(out[limit-1], point) <= 0 {
			continue
		}
		at := sort.Search(len(out), func(i int) bool { return compare(out[i], point) > 0 })
		out = slices.Insert(out, at, point)
		out = out[:min(len(out), limit)]
	}
	return out
}

func (r *Results) compare(a, b int, full length, by decider) int {
	if shortA, shortB := r.short(a, full), r.short(b, full); shortA != shortB {
		if shortA {
			return 1
		}
		return -1
	}
	if ruinedA, ruinedB := !r.ruin.missing(a), !r.ruin.missing(b); ruinedA != ruinedB {
		if ruinedA {
			return 1
		}
		return -1
	}
	if by.metric < 0 || r.values[by.metric] == nil {
		return 0
	}
	values := r.values[by.metric]
	switch missingA, missingB := values.missing(a), values.missing(b); {
	case missingA && missingB:
		return 0
	case missingA:
		return 1
	case missingB:
		return -1
	}
	if by.order == config.Ascending {
		return values.compare(a, b)
	}
	return values.compare(b, a)
}

func (r *Results) rankingColumns() []RankingColumn {
	var out []RankingColumn
	for _, p := range r.space.Parameters {
		out = append(out, RankingColumn{p.Name, p.Type, false})
	}
	for _, m := range r.metrics {
		out = append(out, RankingColumn{m.Name, m.Type, true})
	}
	return append(out, RankingColumn{"rows", frame.Int64, false}, RankingColumn{"first_time", frame.Timestamp, false},
		RankingColumn{"starts_late", frame.Bool, false})
}

func (r *Results) rankingRow(point int, full length) []any {
	var row []any
	for k := range r.space.Parameters {
		row = append(row, r.space.Value(point, k))
	}
	for k, m := range r.metrics {
		row = append(row, shown(r.values[k].as(point, m.Type), m.Type))
	}
	return append(row, r.rows.ints[point], shown(r.first.at(point), frame.Timestamp), r.late(point, full))
}

// shown turns a stored time into one that prints itself.
func shown(v any, t frame.Type) any {
	n, ok := v.(int64)
	switch {
	case ok && t == frame.Timestamp:
		return time.UnixMicro(n).UTC()
	case ok && t == frame.Date:
		return time.Unix(n*24*60*60, 0).UTC()
	}
	return v
}

// MarshalJSON writes rows as objects, their fields in the order of the columns.
func (r *Ranking) MarshalJSON() ([]byte, error) {
	rows := make([]json.RawMessage, len(r.Rows))
	for i, row := range r.Rows {
		text := []byte{'{'}
		for k, v := range row {
			if k > 0 {
				text = append(text, ',')
			}
			name, err := json.Marshal(r.Columns[k].Name)
			if err != nil {
				return nil, err
			}
			value, err := json.Marshal(v)
			if err != nil {
				return nil, err
			}
			text = append(append(append(text, name...), ':'), value...)
		}
		rows[i] = append(text, '}')
	}
	columns := r.Columns
	if columns == nil {
		columns = []RankingColumn{}
	}
	return json.Marshal(struct {
		By      string            `json:"ranked_by"`
		Points  int               `json:"points"`
		Late    int               `json:"starts_late"`
		Fewer   int               `json:"fewer_rows"`
		Columns []RankingColumn   `json:"columns"`
		Rows    []json.RawMessage `json:"rows"`
		Order   string            `json:"order"`
		Ruined  int               `json:"ruined"`
		Warned  int               `json:"with_warning"`
	}{r.By, r.Points, r.Late, r.Fewer, columns, rows, r.Order, r.Ruined, r.Warned})
}
