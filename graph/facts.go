package graph

import (
	"slices"
	"strings"
)

// facts are what follows from a node's place in the DAG, whatever the data are.
type facts struct {
	grid   *Node // whose times it has from its history's beginning on: a node that lacks some of its input's, or root
	like   *Node // whose rows it is taken to have, identifier by identifier: itself, or what it keeps the rows of
	root   *Node // where its time grid comes from: a node that is read from the database, or a regular one
	full   bool  // each identifier has a row at every time of its grid from its first row on
	opaque bool  // to compute it, code in another language would have to be run
	keeps  bool  // a sql node, or an expression, with the rows of its first input: see keepsRows
	gaps   bool  // its rows may hold nothing but missing values: what is computed from those leaves such times out
}

// factsOf finds them out, once a node. Prices are taken to be above zero.
func (w *rangeWalk) factsOf(n *Node) facts {
	if f, ok := w.facts[n]; ok {
		return f
	}
	f := facts{grid: n, root: n, like: n, gaps: n.Kind.Name == KindTable}
	if !w.stored(n) {
		for _, in := range n.Inputs {
			for _, m := range in.Nodes {
				f.opaque = f.opaque || w.factsOf(m).opaque
			}
		}
		below := w.factsOf(n.Inputs[0].Nodes[0])
		f.opaque = f.opaque || n.Kind.Name == KindPython || n.Kind.Name == KindCommand
		f.gaps = n.Kind.Name == KindSQL || n.Kind.Name == KindPython || n.Kind.Name == KindCommand || n.Kind.Name == KindExpression
		f.keeps = n.Kind.Name == KindExpression && !n.Params.Bool("drop")
		if n.Kind.Name == KindSQL {
			var all bool
			f.keeps, all = keepsRows(n)
			f.gaps = !all || below.gaps
		}
		f.full = isFull(n, f, below)
		if _, counts := w.grid.(Counter); !f.full && (f.keeps || f.opaque || !counts) { // code in other languages is taken to have its first input's
			f.like = below.like
		}
		if !w.isRoot(n) {
			f.root = below.root
			if !thins(n, f, below) {
				f.grid = below.grid
			}
		}
	}
	w.facts[n] = f
	return f
}

// isFull: held prices are there at every time, and so is what is made from them.
func isFull(n *Node, f, below facts) bool {
	switch n.Kind.Name {
	case KindInterpolate:
		return !n.Params.Has("max_gap")
	case KindReturns, KindLag:
		return below.full && !n.Params.OwnRows()
	case KindRolling:
		return below.full && !n.Params.OwnRows() && n.Params.String("function") != "zscore"
	case KindLasso:
		return below.full && !n.Params.OwnRows() && len(n.In("universe")) == 0
	case KindSQL, KindExpression:
		return below.full && f.keeps
	}
	return false
}

// keepsRows reports whether a sql node has a row for each row of its first input, of the same key, as far as its query shows: it selects from that
// alone, * or the key first, and nothing in it can leave a row out. all says that it hands on every column, too.
func keepsRows(n *Node) (keeps, all bool) {
	query, input := n.Params.String("query"), strings.ToLower(n.Inputs[0].Role)
	list := words(query)
	from := slices.Index(list, "from")
	if from != len(list)-2 || list[0] != "select" || slices.Contains(list[1:], "select") || list[from+1] != input || slices.ContainsFunc(list, func(w string) bool { return selective[w] }) ||
		strings.Contains(strings.ToLower(query[strings.LastIndex(strings.ToLower(query), "from"):]), ",") {
		return false, false
	}
	rest := strings.ToLower(strings.TrimSpace(query))[len("select"):]
	item, more, _ := strings.Cut(rest+" ", ",")
	item = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(item), input+"."))
	if item == "*" || strings.HasPrefix(item, "* from") || strings.HasPrefix(item, "*\nfrom") {
		return true, true
	}
	for i, name := range n.Key() {
		if i > 0 {
			item, more, _ = strings.Cut(more, ",")
		}
		item = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(item), input+"."))
		if item != name {
			return false, false
		}
	}
	return true, false
}

// selective are the words of SQL that make of some rows fewer, more or others.
var selective = map[string]bool{
	"where": true, "join": true, "group": true, "having": true, "qualify": true, "limit": true, "offset": true, "sample": true, "tablesample": true,
	"union": true, "intersect": true, "except": true, "distinct": true, "fetch": true, "unnest": true, "generate_series": true, "range": true, "pivot": true,
	"unpivot": true, "lateral": true, "with": true, "values": true, "exists": true, "columns": true, "replace": true, "rename": true, "exclude": true,
	"generate_subscripts": true, "flatten": true,
}
