package schedule

import (
	"fmt"
	"strings"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// Report says what an update of one node did.
type Report struct {
	Node     *graph.Node
	State    string // of its first span: Updated, Extended, CaughtUp, Revised or Current
	From     int64  // the rows' range, microseconds since the epoch
	To       int64
	Read     int64
	Written  int64
	Took     time.Duration
	Late     []string        // identifiers whose rows came late, and were taken in
	LateFrom int64           // from where on rows were computed again for them
	Redone   []string        // inputs whose rows are not what was read, and that were read again: "prices, in 2024-03: B"
	Marks    []database.Mark // what the node's rows are stale by now
}

// String is one line for people.
func (r Report) String() string {
	if r.State == Current {
		return fmt.Sprintf("%s: nothing new", r.Node.Name)
	}
	text := fmt.Sprintf("%s %s: %s from %s, %d rows read, %d written, %s", r.Node.Name, r.Node.ID(), r.State, dateText(r.From), r.Read, r.Written, r.Took.Round(time.Millisecond))
	if len(r.Late) > 0 {
		text += "; late: " + few(r.Late, "identifiers")
	}
	if len(r.Redone) > 0 {
		text += "; had changed: " + strings.Join(r.Redone, "; ")
	}
	return text
}

func dateText(at int64) string {
	if at == graph.Beginning {
		return "the beginning"
	}
	return time.UnixMicro(at).UTC().Format(time.DateOnly)
}

// timeText is a time to the second, or to the day at midnight.
func timeText(at int64) string {
	t := time.UnixMicro(at).UTC()
	if t.Truncate(24 * time.Hour).Equal(t) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}

// Warnings say what has to be computed again, and how.
func (r Report) Warnings() (all []string) {
	for _, m := range r.Marks {
		all = append(all, Stale(r.Node.Name, m)+"; tdlake update --revise computes it again from there on")
	}
	return all
}

// Stale says what a node is stale by.
func Stale(name string, m database.Mark) string {
	return name + " was computed from rows that have changed since: " + m.What
}

// few names the first of many things.
func few(names []string, what string) string {
	if n := len(names); n > 6 {
		return fmt.Sprintf("%s and %d more %s", strings.Join(names[:5], ", "), n-5, what)
	}
	return strings.Join(names, ", ")
}

// monthsText names months in which rows differ.
func monthsText(at []int64) string {
	var names []string
	for _, m := range at {
		if m == graph.Beginning {
			names = append(names, "before what was read again")
		} else {
			names = append(names, monthName(m))
		}
	}
	return "in " + few(names, "months")
}

// NotReadyError says that a node cannot be updated since an input has nothing that it could read.
type NotReadyError struct {
	Node, Input *graph.Node
	Need        string
}

func (e *NotReadyError) Error() string {
	return fmt.Sprintf("%s reads %s, whose table %s %s", e.Node.Name, e.Input.Name, e.Input.TableID(), e.Need)
}

// Hint says how the input comes to have it.
func (e *NotReadyError) Hint() string { return "update the whole tree, or " + e.Input.Name + " first" }
