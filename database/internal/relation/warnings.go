package relation

import (
	"fmt"
	"slices"
	"sync"

	"github.com/tdlake/tdlake/duck"
)

// warnings gathers what there is to say, and notes about columns, each once, in the order in which they first came up.
type warnings struct {
	mu    sync.Mutex
	order []*warning
}

type warning struct {
	label string
	text  string // instead of a note
	note  duck.Note
}

// say gathers a sentence.
func (w *warnings) say(label, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.ContainsFunc(w.order, func(old *warning) bool { return old.label == label && old.text == text }) {
		w.order = append(w.order, &warning{label: label, text: text})
	}
}

func (w *warnings) add(label string, notes []duck.Note) {
	w.mu.Lock()
	defer w.mu.Unlock()
next:
	for _, n := range notes {
		for _, old := range w.order {
			if old.text == "" && old.label == label && old.note.Column == n.Column && old.note.Kind == n.Kind {
				old.note.Count += n.Count
				continue next
			}
		}
		w.order = append(w.order, &warning{label: label, note: n})
	}
}

func (w *warnings) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, x := range w.order {
		text := x.text
		if text == "" {
			text = x.note.String()
		}
		out = append(out, x.label+": "+text)
	}
	return out
}

// Warning is the note as a warning about a column.
func (r Remark) Warning(column string) string {
	return fmt.Sprintf("%s: column %q: %s", r.Where, column, r.Note)
}
