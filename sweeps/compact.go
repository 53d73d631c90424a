package sweeps

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/lake"
)

// Compaction gives a sweep's folder its final shape: one file of the present points, a function of the points and
// metrics alone. What the folder knows beside them goes to kept files, so that a space that is narrowed and widened again
// computes nothing twice. Nothing is deleted before all it held is in a file that was committed: a kill at any moment
// leaves duplicates at worst, which reading ignores and the next run removes.

// tidy reports whether the folder has its final shape already.
func (p *Plan) tidy() bool {
	if len(p.stale) > 0 {
		return false
	}
	points := len(p.Results.complete())
	found := points == 0
	for _, f := range p.files {
		switch {
		case f.name == pointsName && p.isFinal(f, points) && p.describes(points, f):
			found = true
		case f.name == pointsName, !f.unchanged():
			return false
		}
	}
	return found && len(p.partial()) == 0
}

func (p *Plan) isFinal(f storedFile, points int) bool {
	return p.fits(f) && f.inside == points && len(p.ownSources(f.meta.Sources)) == len(f.meta.Sources)
}

// fits reports whether a file holds points with all their columns, in order, as the final file does.
func (p *Plan) fits(f storedFile) bool {
	for k, param := range p.Space.Parameters {
		if f.names[k] != param.Name || f.types[param.Name] != param.Type {
			return false
		}
	}
	return f.inOrder && f.whole && slices.EqualFunc(f.meta.Metrics, p.Results.storedMetrics(allBits(len(p.Metrics)), nil), storedMetric.same)
}

// unchanged reports whether a kept file holds nothing of the present space and metrics.
func (f storedFile) unchanged() bool {
	elsewhere := f.inside == 0 && f.outside == f.rows
	unused := f.inside == f.rows && !f.whole && len(f.unused) == len(f.meta.Metrics)
	return strings.HasPrefix(f.name, keptPrefix) && f.rows > 0 && (elsewhere || unused)
}

// partial returns the points that have something but not everything (a metric of theirs failed), by what they have.
func (p *Plan) partial() map[uint64][]int {
	out := map[uint64][]int{}
	all := p.everything()
	for point := range p.Points() {
		if lacks := p.Results.lacks(point); lacks != 0 && lacks != all {
			out[all&^lacks] = append(out[all&^lacks], point)
		}
	}
	return out
}

// compact writes the final files and removes all others. written are row groups of chunks that this run wrote.
func (p *Plan) compact(ctx context.Context, computed bool, written []storedGroup) error {
	keep := map[string]bool{}
	sources := p.allSources(computed)
	if err := p.keepPartial(ctx, keep, sources); err != nil {
		return err
	}
	for _, f := range p.files {
		if err := p.keepRest(ctx, f, keep); err != nil {
			return err
		}
	}
	points := p.Results.complete()
	if len(points) > 0 {
		if err := p.writePoints(ctx, points, sources, append(p.unchangedGroups(), written...)); err != nil {
			return err
		}
		keep[pointsName] = true
	}
	for _, f := range p.files {
		if !keep[f.name] {
			if err := remove(p.Dir, f.name); err != nil {
				return err
			}
		}
	}
	chunks, err := list(p.Dir, chunkPrefix)
	if err != nil {
		return err
	}
	return remove(p.Dir, append(chunks, slices.DeleteFunc(p.stale, func(name string) bool { return keep[name] })...)...)
}

// allSources are the parts that the present points were computed from, as far as is recorded.
func (p *Plan) allSources(computed bool) []string {
	var sources []string
	if computed {
		sources = p.sources
	}
	for _, f := range p.files {
		sources = union(sources, f.meta.Sources)
	}
	return p.ownSources(sources)
}

func (p *Plan) writePoints(ctx context.Context, points []int, sources []string, stored []storedGroup) error {
	hash := sha256.New()
	all := allBits(len(p.Metrics))
	meta := fileMeta{Metrics: p.Results.storedMetrics(all, points), Sources: sources}
	size, err := writeFile(ctx, p.Dir, pointsName, hash, func(w io.Writer) error {
		if err := p.encodePoints(ctx, w, points, true, all, meta, stored); err != nil {
			return err
		}
		// The file has its name after this. Killed in between, the folder has points without a description, not beside that of others.
		return lake.RemoveFile(p.Dir, manifestName)
	})
	if err != nil {
		return err
	}
	return writeText(ctx, p.Dir, manifestName, p.describe(len(points), size, hex.EncodeToString(hash.Sum(nil)), sources))
}

func (p *Plan) keepPartial(ctx context.Context, keep map[string]bool, sources []string) error {
	partial := p.partial()
	sets := make([]uint64, 0, len(partial))
	for set := range partial {
		sets = append(sets, set)
	}
	slices.Sort(sets)
	for _, set := range sets {
		metrics := set &^ wholePoint
		t := p.Results.table(partial[set], set&wholePoint != 0, metrics)
		if err := p.keep(ctx, t, fileMeta{Metrics: p.Results.storedMetrics(metrics, partial[set]), Sources: sources}, keep); err != nil {
			return err
		}
	}
	return nil
}

// keepRest saves what a file holds beside the present points and metrics.
func (p *Plan) keepRest(ctx context.Context, f storedFile, keep map[string]bool) error {
	if f.unchanged() {
		keep[f.name] = true
		return nil
	}
	if f.outside == 0 && (len(f.unused) == 0 || f.inside == 0) {
		return nil
	}
	file, err := openResults(filepath.Join(p.Dir, f.name))
	if err != nil {
		return err
	}
	defer file.close()
	if f.outside > 0 {
		rows := f.rowsWhere(func(point int) bool { return point == elsewhere })
		t, err := file.take(file.names, rows)
		if err != nil {
			return err
		}
		meta := f.meta
		meta.Metrics = onlyRows(meta.Metrics, rows)
		if err := p.keep(ctx, t, meta, keep); err != nil {
			return err
		}
	}
	if len(f.unused) == 0 || f.inside == 0 {
		return nil
	}
	names := append(p.Space.names(), idColumn)
	for _, m := range f.unused {
		names = append(names, m.Name)
	}
	rows := f.rowsWhere(func(point int) bool { return point >= 0 })
	t, err := file.take(names, rows)
	if err != nil {
		return err
	}
	return p.keep(ctx, t, fileMeta{Metrics: onlyRows(f.unused, rows), Sources: f.meta.Sources}, keep)
}

// rowsWhere returns the rows whose points are wanted.
func (a *absorbed) rowsWhere(want func(point int) bool) []int {
	var rows []int
	for row, point := range a.points {
		if want(point) {
			rows = append(rows, row)
		}
	}
	return rows
}

// take reads some rows of some columns.
func (r *resultFile) take(names []string, rows []int) (duck.Table, error) {
	t := duck.Table{Names: names, Columns: make([]arrow.Array, len(names))}
	for i, name := range names {
		c, err := r.column(name)
		if err != nil {
			return t, err
		}
		t.Columns[i] = c.arrow(rows)
	}
	return t, nil
}

// keep commits a kept file, named by what it holds.
func (p *Plan) keep(ctx context.Context, t duck.Table, meta fileMeta, keep map[string]bool) error {
	hash := sha256.New()
	if err := encodeTable(hash, t, meta); err != nil {
		return err
	}
	name := fmt.Sprintf("%s%s%s", keptPrefix, hex.EncodeToString(hash.Sum(nil)[:8]), extension)
	keep[name] = true
	if _, err := os.Stat(filepath.Join(p.Dir, name)); err == nil {
		return nil
	}
	return writeTable(ctx, p.Dir, name, t, meta)
}
