package config

import "slices"

// Sweep is the space of points and what is measured at each.
type Sweep struct {
	Pos
	Vary     []Vary // in the order written
	Where    string // a SQL condition over the parameters; empty: every point
	WherePos Pos
	Metrics  []Metric // in the order written
	Rank     Rank
}

// Rank is what points are ranked by.
type Rank struct {
	By    string // a metric; empty: the first
	ByPos Pos
	Order string // Ascending or Descending; empty: as the metric has it
}

// The orders of a ranking: which values come first.
const (
	Ascending  = "ascending"
	Descending = "descending"
)

// Vary is a parameter and the values it takes: int64, float64, string, bool, or []any of these. Numbers are all int64 or all
// float64. Written has each value as it stands where they are written one by one.
type Vary struct {
	Name string
	Pos
	Values  []any
	Written []Value
}

// Place returns the place of the i-th value.
func (v Vary) Place(i int) Pos {
	return v.As(i).Pos
}

// As returns the i-th value as it is written; of a space the place alone.
func (v Vary) As(i int) *Value {
	if i < len(v.Written) {
		return &v.Written[i]
	}
	return &Value{Pos: v.Pos}
}

// Metric is a number computed from the target's rows at each point: built in where SQL is empty, else a SQL aggregate over
// the target's columns.
type Metric struct {
	Name string
	Pos
	SQL     string
	Options map[string]any // periods_per_year: float64
}

// BuiltinMetrics names the metrics that need no SQL.
var BuiltinMetrics = []string{
	"total_return", "annual_return", "annual_volatility", "sharpe", "sortino", "max_drawdown", "calmar", "hit_rate", "turnover",
}

// PeriodsPerYear is the option of built-in metrics that says how many rows make a year.
const PeriodsPerYear = "periods_per_year"

func (r *reader) sweep(e Entry) {
	if !r.isMap(e) {
		return
	}
	r.Sweep = &Sweep{Pos: e.KeyPos}
	r.keys(e.Value, "sweep", []key{
		{"vary", true, r.vary},
		{"where", false, func(w Entry) {
			if text, ok := r.text(w); ok {
				r.Sweep.Where, r.Sweep.WherePos = text, w.Value.Pos
			}
		}},
		{"metrics", false, r.metrics},
		{"rank", false, r.rank},
	})
	r.rankedBy()
}

func (r *reader) rank(e Entry) {
	if !r.isMap(e) {
		return
	}
	r.keys(e.Value, "sweep.rank", []key{
		{"by", false, func(by Entry) {
			if text, ok := r.text(by); ok {
				r.Sweep.Rank.By, r.Sweep.Rank.ByPos = text, by.Value.Pos
			}
		}},
		{"order", false, func(order Entry) {
			text, ok := r.text(order)
			if ok && text != Ascending && text != Descending {
				r.add(order.Value.Pos, Suggest(text, []string{Ascending, Descending}), "sweep.rank.order must be %s or %s, not %s", Ascending, Descending, quote(text))
				return
			}
			r.Sweep.Rank.Order = text
		}},
	})
}

// rankedBy checks that points are ranked by one of the metrics, which may stand after it.
func (r *reader) rankedBy() {
	var names []string
	for _, m := range r.Sweep.Metrics {
		names = append(names, m.Name)
	}
	if by := r.Sweep.Rank.By; by != "" && !slices.Contains(names, by) {
		r.add(r.Sweep.Rank.ByPos, Suggest(by, names), "sweep.rank.by: %s is none of the sweep's metrics", quote(by))
	}
}

func (r *reader) vary(e Entry) {
	if !r.isMap(e) {
		return
	}
	if len(e.Value.Map) == 0 {
		r.add(e.Value.Pos, "", "sweep.vary names no parameter")
	}
	r.varied = e.Value.Map
}

// known checks that a name is a parameter's. Parameters may stand after the sweep, so it is called when all are read.
func (r *reader) known(pos Pos, name string) bool {
	names := make([]string, len(r.Parameters))
	for i, p := range r.Parameters {
		names[i] = p.Name
	}
	if slices.Contains(names, name) {
		return true
	}
	hint := Suggest(name, names)
	if len(names) == 0 {
		hint = "the config has no parameters"
	}
	r.add(pos, hint, "unknown parameter %s", quote(name))
	return false
}

func (r *reader) metrics(e Entry) {
	if !r.isMap(e) {
		return
	}
	for _, m := range e.Value.Map {
		if !r.name(m, "metric") {
			continue
		}
		metric := Metric{Name: m.Key, Pos: m.KeyPos}
		switch {
		case m.Value.Kind == 0:
			continue
		case m.Value.IsNull():
			r.builtin(m)
		case m.Value.Kind == Map:
			r.options(m, &metric)
		default:
			metric.SQL, _ = r.text(m)
		}
		r.Sweep.Metrics = append(r.Sweep.Metrics, metric)
	}
}

func (r *reader) builtin(m Entry) {
	if !slices.Contains(BuiltinMetrics, m.Key) {
		hint := Suggest(m.Key, BuiltinMetrics)
		r.add(m.KeyPos, hint, "%s is not a built-in metric and has no SQL", quote(m.Key))
	}
}

func (r *reader) options(m Entry, metric *Metric) {
	r.keys(m.Value, "the metric "+m.Key, []key{
		{"sql", false, func(e Entry) { metric.SQL, _ = r.text(e) }},
		{PeriodsPerYear, false, func(e Entry) {
			if n, ok := number(e.Value.Scalar); ok && n > 0 {
				metric.Options = map[string]any{PeriodsPerYear: n}
				return
			}
			r.add(e.Value.Pos, "", "%s must be a number above 0, not %s", e.Key, e.Value.Describe())
		}},
	})
	sql, hasSQL := m.Value.Get("sql")
	switch {
	case !hasSQL:
		r.builtin(m)
	case metric.Options != nil:
		r.add(sql.Pos, "", "the metric %s has SQL: %s is for built-in ones", m.Key, PeriodsPerYear)
	}
}

func number(scalar any) (float64, bool) {
	switch n := scalar.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}
