package relation

import (
	"fmt"
	"sync"

	"github.com/tdlake/tdlake/duck"
)

// warnings gathers notes about columns, each once, in the order in which they first came up.
type warnings struct {
	mu    sync.Mutex
	order []*warning
}

type warning struct {
	label string
	note  duck.Note
}

func (w *warnings) add(label string, notes []duck.Note) {
	w.mu.Lock()
	defer w.mu.Unlock()
next:
	for _, n := range notes {
		for _, old := range w.order {
			if old.label == label && old.note.Column == n.Column && old.note.Kind == n.Kind {
				old.note.Count += n.Count
				continue next
			}
		}
		w.order = append(w.order, &warning{label, n})
	}
}

func (w *warnings) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []string
	for _, x := range w.order {
		out = append(out, fmt.Sprintf("%s: %s", x.label, x.note))
	}
	return out
}
