package sweeps

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/tdlake/tdlake/internal/seal"
)

// failure is a line of failed.jsonl.
type failure struct {
	Parameters map[string]any `json:"parameters"`
	ID         string         `json:"local_hash_id"`
	Error      string         `json:"error"`
	Of         int            `json:"of"` // how many lines the file has
}

// failures returns the points that failed in this run, in canonical order.
func (r *run) failures() []int { return slices.Sorted(maps.Keys(r.failed)) }

// writeFailures writes failed.jsonl anew: the points that failed in this run. It is for people; the next run tries
// whatever isn't stored.
func (r *run) writeFailures(ctx context.Context) error {
	var out, line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	for _, point := range r.failures() {
		f := failure{Parameters: map[string]any{}, ID: r.plan.ids.id(point), Error: r.failed[point].Error(), Of: len(r.failed)}
		for k, p := range r.plan.Space.Parameters {
			f.Parameters[p.Name] = p.Bound(r.plan.Space.Index(point, k))
		}
		line.Reset()
		if err := e.Encode(f); err != nil {
			return err
		}
		out.Write(append(seal.Line(bytes.TrimSuffix(line.Bytes(), []byte{'\n'})), '\n'))
	}
	return writeText(ctx, r.plan.Dir, failedName, out.Bytes())
}
