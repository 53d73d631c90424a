package postgres

import (
	"fmt"
	"slices"
	"sync"
)

// warnings is what was changed on the way, in the order in which it first came up.
type warnings struct {
	mu    sync.Mutex
	texts []func() string
	seen  map[string]*int // what was said, and how often it is to be counted
}

// Warnings returns what was changed on the way, each thing once.
func (v *View) Warnings() []string {
	v.notes.mu.Lock()
	defer v.notes.mu.Unlock()
	var out []string
	for _, text := range v.notes.texts {
		out = append(out, text())
	}
	return slices.Compact(out)
}

func (v *View) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	v.notes.count(text, 1, func(int) string { return text })
}

// infinite notes infinite values that became missing.
func (v *View) infinite(label, column string, n int) {
	what := fmt.Sprintf("%s: column %q", label, column)
	v.notes.count(what, n, func(n int) string { return fmt.Sprintf("%s: %d infinite values are taken as missing", what, n) })
}

// count adds to a note, which is made where it is new.
func (w *warnings) count(key string, n int, text func(n int) string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if total := w.seen[key]; total != nil {
		*total += n
		return
	}
	if w.seen == nil {
		w.seen = map[string]*int{}
	}
	w.seen[key] = &n
	w.texts = append(w.texts, func() string { return text(n) })
}
