package compute

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tdlake/tdlake/graph"
)

// What the user should know of a node goes with its result, to all that is made of it: a portfolio has the warnings of its regressions, of their returns
// and of its own. They are a function of the node and its rows, as these are, and so are stored beside them; the names that a config gives to nodes are
// not in them.

// Warned is met by rows that know what was said of them when they were computed.
type Warned interface {
	// Warnings returns what concerns a stored node's rows.
	Warnings(n *graph.Node) []string
}

// tell passes on what concerns a node, each thing once.
func (e *Engine) tell(n *graph.Node, warnings []string) {
	for _, text := range warnings {
		e.mu.Lock()
		told := e.warned[n.Name+"\x00"+text]
		e.warned[n.Name+"\x00"+text], e.warned[text] = true, true
		e.mu.Unlock()
		if !told && e.options.Warn != nil {
			e.options.Warn(fmt.Sprintf("node %s: %s", n.Name, text))
		}
	}
}

// Remind passes on what concerns a node and was told of no other, as where it was computed by another run.
func (e *Engine) Remind(n *graph.Node, warnings []string) {
	var untold []string
	e.mu.Lock()
	for _, text := range warnings {
		if !e.warned[text] {
			untold = append(untold, text)
		}
	}
	e.mu.Unlock()
	e.tell(n, untold)
}

// union joins lists of warnings, each once, in the order in which they come.
func union(lists ...[]string) []string {
	var all []string
	for _, list := range lists {
		switch {
		case len(all) == 0:
			all = list
		case slices.Equal(all, list):
		default:
			all = slices.Clip(all)
			for _, text := range list {
				if !slices.Contains(all, text) {
					all = append(all, text)
				}
			}
		}
	}
	return all
}

func warningsOf(results []*Result) []string {
	lists := make([][]string, len(results))
	for i, r := range results {
		lists[i] = r.warnings
	}
	return union(lists...)
}

// tally counts what happened to whom, and since when.
type tally map[string]*happened

type happened struct {
	rows  int
	first int64
}

func (t tally) add(name string, at int64) {
	h := t[name]
	if h == nil {
		h = &happened{first: at}
		t[name] = h
	}
	h.rows++
	h.first = min(h.first, at)
}

// String names names, with how many rows of each from when on.
func (t tally) String() string {
	const most = 8
	names := make([]string, 0, len(t))
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	var parts []string
	for _, name := range names[:min(most, len(names))] {
		h := t[name]
		if h.rows == 1 {
			parts = append(parts, fmt.Sprintf("%s (at %s)", name, showTime(h.first)))
		} else {
			parts = append(parts, fmt.Sprintf("%s (%d from %s on)", name, h.rows, showTime(h.first)))
		}
	}
	if more := len(names) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(parts, ", ")
}

// rows is how many there are of all names.
func (t tally) rows() (n int) {
	for _, h := range t {
		n += h.rows
	}
	return n
}

// showTime writes a time, as a date where it is midnight.
func showTime(us int64) string {
	return strings.TrimSuffix(time.UnixMicro(us).UTC().Format(time.RFC3339), "T00:00:00Z")
}

// counted is a number of things.
func counted(n int, one, more string) string {
	if n == 1 {
		more = one
	}
	return fmt.Sprint(n, " ", more)
}
