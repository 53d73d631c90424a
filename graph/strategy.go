package graph

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tdlake/tdlake/config"
)

// readSide reads who a portfolio holds on one side: all, or {top: 10}, {top: 10%}, {above: 0.5} of the long side, bottom and
// below of the short one. Typed, it is text: "all", "first 10", "share 0.1", "beyond 0.5".
func readSide(first, beyond string) func(v any) (any, *fault) {
	hint := fmt.Sprintf("{%s: 10}, {%s: 10%%}, {%s: 0}, or all", first, first, beyond)
	return func(v any) (any, *fault) {
		if v == "all" {
			return "all", nil
		}
		m, ok := v.(map[string]any)
		if !ok || len(m) != 1 {
			return nil, faultf(hint, "must be one of these, not %s", describe(v))
		}
		for name, value := range m {
			switch name {
			case first:
				return readCount(value, hint)
			case beyond:
				x, f := (&ParamSpec{Type: Float}).float(value)
				if f != nil {
					return nil, f
				}
				return "beyond " + show(x), nil
			default:
				return nil, faultf(config.Suggest(name, []string{first, beyond}), "has no choice %q", cut(name))
			}
		}
		return nil, nil
	}
}

// readCount reads a number of members, or a share of the candidates written as a percentage.
func readCount(v any, hint string) (any, *fault) {
	if text, ok := v.(string); ok {
		number, isShare := strings.CutSuffix(strings.TrimSpace(text), "%")
		share, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if !isShare || err != nil || !(share > 0) || share > 100 {
			return nil, faultf(hint, "must be a whole number or a percentage above 0%%, not %s", describe(v))
		}
		return "share " + show(share/100), nil
	}
	n, f := (&ParamSpec{Type: Int, Min: limit(1), Max: limit(maxRows)}).int(v)
	if f != nil {
		return nil, f
	}
	return "first " + show(n), nil
}

// Side is a typed side.
type Side struct {
	Choice string // all, first, share, beyond; empty: nobody
	Number float64
}

// SideOf returns a side of a node of weights.
func SideOf(p Params, name string) Side {
	choice, number, _ := strings.Cut(p.String(name), " ")
	x, _ := strconv.ParseFloat(number, 64)
	return Side{choice, x}
}

var weightings = []string{"equal", "rank", "value", "given"}

// readWeighting reads one of the words, or {inverse_volatility: COLUMN}; typed, "inverse_volatility COLUMN".
func readWeighting(v any) (any, *fault) {
	hint := strings.Join(weightings, ", ") + ", or {inverse_volatility: COLUMN}"
	if text, ok := v.(string); ok {
		return oneOf(text, append([]string{}, weightings...))
	}
	m, ok := v.(map[string]any)
	column, isText := m["inverse_volatility"].(string)
	if !ok || len(m) != 1 || !isText || strings.TrimSpace(column) == "" {
		return nil, faultf(hint, "must be one of these, not %s", describe(v))
	}
	return "inverse_volatility " + column, nil
}

// readGross reads {long: 1, short: 0.5}; typed, "LONG SHORT". What is left out is 1.
func readGross(v any) (any, *fault) {
	m, ok := v.(map[string]any)
	if !ok {
		return nil, faultf("{long: 1, short: 1}", "must be the sum of each side, not %s", describe(v))
	}
	gross := map[string]float64{"long": 1, "short": 1}
	for name, value := range m {
		if _, known := gross[name]; !known {
			return nil, faultf(config.Suggest(name, []string{"long", "short"}), "has no side %q", cut(name))
		}
		x, f := (&ParamSpec{Type: Float, Min: limit(0)}).float(value)
		if f != nil {
			return nil, f
		}
		gross[name] = x.(float64)
	}
	return show(gross["long"]) + " " + show(gross["short"]), nil
}

// GrossOf returns what each side of a node of weights sums to.
func GrossOf(p Params) (long, short float64) {
	a, b, _ := strings.Cut(p.String("gross"), " ")
	long, _ = strconv.ParseFloat(a, 64)
	short, _ = strconv.ParseFloat(b, 64)
	return long, short
}

// Rebalance says at which rows weights are made anew.
type Rebalance struct {
	Every  string // every_row, changes, rows, 1w, 1mo, 3mo
	Rows   int    // of rows
	Offset int    // likewise
}

// readRebalance reads every_row, changes, 1w, 1mo, 3mo, "21 rows" or {rows: 21, offset: 0}; typed, the text, "21 rows" or
// "21 rows 5".
func readRebalance(v any) (any, *fault) {
	const hint = "every_row, changes, 1w, 1mo, 3mo, 21 rows, or {rows: 21, offset: 0}"
	wrong := faultf(hint, "must be one of these, not %s", describe(v))
	switch x := v.(type) {
	case string:
		switch x {
		case "every_row", "changes", "1w", "1mo", "3mo":
			return x, nil
		}
		number, isRows := strings.CutSuffix(x, " rows")
		n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
		if !isRows || err != nil || n < 1 || n > maxRows {
			return nil, wrong
		}
		return fmt.Sprintf("%d rows", n), nil
	case map[string]any:
		n, hasRows := x["rows"].(int64)
		offset, hasOffset := x["offset"].(int64)
		if !hasRows || n < 1 || n > maxRows || len(x) > 2 || len(x) == 2 && !hasOffset || offset < 0 || offset >= n {
			return nil, wrong
		}
		if offset == 0 {
			return fmt.Sprintf("%d rows", n), nil
		}
		return fmt.Sprintf("%d rows %d", n, offset), nil
	}
	return nil, wrong
}

// RebalanceOf returns when a node of weights makes its weights.
func RebalanceOf(p Params) Rebalance {
	text := p.String("rebalance")
	number, rest, counted := strings.Cut(text, " rows")
	if !counted {
		return Rebalance{Every: text}
	}
	rows, _ := strconv.Atoi(number)
	offset, _ := strconv.Atoi(strings.TrimSpace(rest))
	return Rebalance{Every: "rows", Rows: rows, Offset: offset}
}

// FromStart reports whether a node's rows depend on where the date range begins: it has none before.
func FromStart(n *Node) bool {
	switch n.Kind.Name {
	case KindPortfolio, KindLongShort:
		return true
	case KindWeights:
		every := RebalanceOf(n.Params).Every
		return every == "rows" || every == "changes"
	}
	return false
}

// Period returns the first instant of the calendar period that a time is in, of 1w (from Monday), 1mo or 3mo, in a zone.
func Period(t int64, every string, zone *time.Location) int64 {
	at := time.UnixMicro(t).In(zone)
	y, m, d := at.Date()
	switch every {
	case "1w":
		d -= (int(at.Weekday()) + 6) % 7
	case "1mo":
		d = 1
	case "3mo":
		m, d = (m-1)/3*3+1, 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, zone).UnixMicro()
}

func checkWeights(p Params) *fault {
	given := p.String("weighting") == "given"
	switch {
	case given && (p.Has("long") || p.Has("short") || p.Has("within")):
		return faultf("leave them out, or choose another weighting", "long, short and within mean nothing with weighting: given, whose column has the weights")
	case !given && !p.Has("long") && !p.Has("short"):
		return faultf("long: {top: 10}", "neither long nor short says who is held")
	}
	return nil
}

// checkPortfolio refuses what would earn a return that was known when the weight was made.
func checkPortfolio(p Params) *fault {
	switch {
	case p.Int("delay") == 0 && !p.Bool("allow_same_row"):
		return faultf("delay: 1, or write allow_same_row: true", "delay 0 lets a weight earn the return of its own row, which is known only afterwards")
	case p.String("turnover") == "stamped" && p.Bool("drift"):
		return faultf("drift: false, or turnover: drifted", "turnover as stamped belongs to weights that do not drift")
	}
	return nil
}

// readTimes reads the factors of a portfolio's entries.
func readTimes(v any) (any, *fault) {
	var out []string
	for i, item := range v.([]any) {
		x, f := (&ParamSpec{Type: Float}).float(item)
		if f != nil {
			f.item = i + 1
			return nil, f
		}
		out = append(out, show(x))
	}
	return out, nil
}

// readColumns reads the columns of a portfolio's entries, - where none is written.
func readColumns(v any) (any, *fault) {
	var out []string
	for i, item := range v.([]any) {
		text, f := (&ParamSpec{Type: Text}).text(item)
		if f != nil {
			f.item = i + 1
			return nil, f
		}
		out = append(out, text.(string))
	}
	return out, nil
}

// entries reads a list of {node: N, times: X, column: C}: an input each, and the factors and columns of all.
func (c *compiler) entries(t *template, e config.Entry, in *InputSpec) {
	var times, columns expr
	times.form, columns.form, times.pos, columns.pos = list, list, e.Value.Pos, e.Value.Pos
	written := 0
	for i, item := range e.Value.List {
		known := []string{"node", "times", "column"}
		column := expr{pos: item.Pos, value: noColumn}
		for _, m := range item.Map {
			switch m.Key {
			case "node":
				role := in.Role
				if i > 0 {
					role = fmt.Sprintf("%s %d", in.Role, i+1)
				}
				m.Key = e.Key + ".node"
				if nodes := c.nodeNames(m, false); nodes != nil {
					t.inputs = append(t.inputs, source{role: role, spec: in, nodes: nodes})
				}
			case "times":
				if x, ok := c.expression(m.Value, Float, c.scope(t)); ok {
					times.parts = append(times.parts, x)
				}
				written++
			case "column":
				if x, ok := c.expression(m.Value, Text, c.scope(t)); ok {
					column = x
				}
			default:
				c.add(m.KeyPos, config.Suggest(m.Key, known), "unknown key %q in %s", cut(m.Key), e.Key)
			}
		}
		if _, ok := item.Get("node"); !ok || item.Kind != config.Map {
			c.add(item.Pos, "{node: NODE, times: 1}", "%s: an entry names no node", e.Key)
		}
		columns.parts = append(columns.parts, column)
	}
	if written > 0 && written < len(e.Value.List) {
		c.add(e.Value.Pos, "write times: 1 where nothing else is meant", "%s: some entries have times, and some have none", e.Key)
		return
	}
	if written > 0 {
		t.slots = append(t.slots, slot{t.kind.param("times"), times})
	}
	t.slots = append(t.slots, slot{t.kind.param("weight_columns"), columns})
}

// noColumn stands for a column that is not written.
const noColumn = "-"

func (k *Kind) param(name string) int {
	return slices.IndexFunc(k.Params, func(s ParamSpec) bool { return s.Name == name })
}

// factorsOf returns the factor of each entry of a portfolio's weights, nil where none is written.
func factorsOf(p Params) []float64 {
	var out []float64
	for _, text := range p.Strings("times") {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			x = math.NaN()
		}
		out = append(out, x)
	}
	return out
}

// Holding is a node of weights in a portfolio, with what its weights are multiplied by.
type Holding struct {
	Node   *Node
	Factor float64
	Column string // empty: the only one
}

// Holdings returns what a portfolio holds. With factors the portfolio is the sum of factor x (the mean over an entry's
// nodes), without the mean over all.
func Holdings(n *Node) []Holding {
	times, columns := factorsOf(n.Params), n.Params.Strings("weight_columns")
	var out []Holding
	entry, total := 0, 0
	for _, in := range n.Inputs {
		if !strings.HasPrefix(in.Role, "weights") {
			continue
		}
		for _, m := range in.Nodes {
			h := Holding{Node: m, Factor: 1, Column: n.Params.String("column")}
			if times != nil {
				h.Factor = times[entry] / float64(len(in.Nodes))
			}
			if entry < len(columns) && columns[entry] != noColumn {
				h.Column = columns[entry]
			}
			out = append(out, h)
			total++
		}
		entry++
	}
	if times == nil {
		for i := range out {
			out[i].Factor = 1 / float64(total)
		}
	}
	return out
}
