package sweeps

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
)

// Metric is one number (or text, or time) a point, computed from the target's rows: built in, or a SQL aggregate.
type Metric struct {
	Name string
	SQL  string     // empty for a built-in one
	Type frame.Type // of a SQL metric it is known once it was checked against the target's columns
	// PeriodsPerYear is how many rows make a year; 0 for metrics that don't ask.
	PeriodsPerYear float64

	pos     config.Pos
	builtin *builtin
}

// Definition says what the metric computes, in words that change exactly when its results may.
func (m *Metric) Definition() string {
	switch {
	case m.SQL != "":
		return "sql: " + m.SQL
	case m.PeriodsPerYear != 0:
		return fmt.Sprintf("%s, %s %s", m.builtin.name, config.PeriodsPerYear, strconv.FormatFloat(m.PeriodsPerYear, 'g', -1, 64))
	}
	return m.builtin.name
}

// Order is which values are better: the large ones (config.Descending), of SQL metrics always, or the small ones (config.Ascending).
func (m *Metric) Order() string {
	if m.builtin != nil {
		return m.builtin.order
	}
	return config.Descending
}

// key identifies the definition: a stored column serves a metric whose key it carries. The version of built-in metrics is raised when the
// meaning of one changes.
func (m *Metric) key() string {
	version := "1"
	if m.builtin != nil {
		version = "2"
	}
	sum := sha256.Sum256([]byte(version + "\x00" + m.Definition()))
	return hex.EncodeToString(sum[:16])
}

// maxMetrics keeps the set of metrics that a point lacks in one word.
const maxMetrics = 60

// NewMetrics reads a config's metrics. Errors are config.Problems. Whether the SQL fits the target is found out before a run
// begins.
func NewMetrics(c *config.Config) ([]*Metric, error) {
	var problems config.Problems
	if n := len(c.Sweep.Metrics); n > maxMetrics {
		problems = append(problems, c.Problem(c.Sweep.Metrics[maxMetrics].Pos, "", "%d metrics; a sweep takes %d", n, maxMetrics))
	}
	var metrics []*Metric
	for _, cm := range c.Sweep.Metrics {
		m, problem := newMetric(c, cm)
		if problem != nil {
			problems = append(problems, *problem)
			continue
		}
		metrics = append(metrics, m)
	}
	return metrics, problems.Err()
}

func newMetric(c *config.Config, cm config.Metric) (*Metric, *config.Problem) {
	fail := func(hint, format string, args ...any) (*Metric, *config.Problem) {
		p := c.Problem(cm.Pos, hint, format, args...)
		return nil, &p
	}
	m := &Metric{Name: cm.Name, SQL: strings.TrimSpace(cm.SQL), Type: frame.Float64, pos: cm.Pos}
	if m.SQL != "" {
		m.Type = 0
		return m, nil
	}
	if m.builtin = builtinNamed(cm.Name); m.builtin == nil {
		return fail(config.Suggest(cm.Name, BuiltinNames()), "%q is not a built-in metric and has no SQL", cm.Name)
	}
	if m.builtin.annual {
		m.PeriodsPerYear = DefaultPeriods
	}
	for _, name := range slices.Sorted(maps.Keys(cm.Options)) {
		if name != config.PeriodsPerYear {
			return fail(config.Suggest(name, []string{config.PeriodsPerYear}), "the metric %s has no option %s", cm.Name, name)
		}
		if !m.builtin.annual {
			return fail("leave it out", "the metric %s does not depend on %s", cm.Name, name)
		}
		n, ok := number(cm.Options[name])
		if !ok || !(n > 0) || math.IsInf(n, 0) {
			return fail("", "%s must be a number above 0, not %v", name, cm.Options[name])
		}
		m.PeriodsPerYear = n
	}
	return m, nil
}

func number(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}
