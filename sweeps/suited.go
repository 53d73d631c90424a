package sweeps

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// CheckTarget reports what is known of metrics and a config's target without a row: built-in metrics measure one series, and a target whose key has
// more than time_index has many, which they would take for one. The error is config.Problems.
func CheckTarget(c *config.Config, p *graph.Pipeline, metrics []*Metric) error {
	nodes, err := p.Nodes(c.Target.Name, nil)
	if err != nil || len(nodes) == 0 {
		return err
	}
	return checkKey(c, metrics, nodes[0]).Err()
}

func checkKey(c *config.Config, metrics []*Metric, target *graph.Node) config.Problems {
	key := target.Key()
	first := slices.IndexFunc(metrics, func(m *Metric) bool { return m.builtin != nil })
	if len(key) < 2 || first < 0 {
		return nil
	}
	var names []string
	for _, m := range metrics {
		if m.builtin != nil {
			names = append(names, m.Name)
		}
	}
	earned := columnReturn
	if target.Kind.Name == graph.KindReturns {
		earned = "x.return"
	}
	hint := fmt.Sprintf(`make it one row a time, such as the mean of all, and that the target: `+
		`%s_mean: {kind: sql, inputs: {x: %s}, lookback: 0, key: [time_index], query: "select time_index, avg(%s) as %s from x group by time_index"}`,
		c.Target.Name, c.Target.Name, earned, columnReturn)
	return config.Problems{c.Problem(metrics[first].pos, hint, "%s: a built-in metric measures one row a time, and the target %s has many: its key is %s",
		strings.Join(names, ", "), c.Target.Name, strings.Join(key, ", "))}
}

// checkBuiltins reports built-in metrics whose columns the target doesn't have as numbers.
func checkBuiltins(c *config.Config, metrics []*Metric, target frame.Schema) config.Problems {
	var problems config.Problems
	for _, m := range metrics {
		if m.builtin == nil {
			continue
		}
		for _, name := range m.builtin.columns {
			if i := target.Index(name); i < 0 && name == columnPortfolio {
				name = columnReturn // of which the value is compounded
			}
			i := target.Index(name)
			switch {
			case i < 0:
				problems = append(problems, c.Problem(m.pos, lacksHint(m, name), "the metric %s needs the column %s, which the target %s doesn't have (columns: %s)",
					m.Name, name, c.Target.Name, strings.Join(target.Names(), ", ")))
			case target.Fields[i].Type != frame.Float64 && target.Fields[i].Type != frame.Int64:
				problems = append(problems, c.Problem(m.pos, "write it in SQL", "the metric %s needs numbers in the column %s of the target %s, which holds %s",
					m.Name, name, c.Target.Name, target.Fields[i].Type))
			}
		}
	}
	return problems
}

// lacksHint says what the column is that a metric lacks: a target that has the numbers under another name can give them this one.
func lacksHint(m *Metric, column string) string {
	what := "returns a row, 0.01 being one percent"
	if column == columnTurnover {
		what = "the share of the value traded at a row"
	}
	return fmt.Sprintf("call the column %s that holds %s, or leave %s out", column, what, m.Name)
}
