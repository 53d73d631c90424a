package sweeps

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/tdlake/tdlake/frame"
)

// targetLayout is the final files of the target's rows while they are being worked out.
type targetLayout struct {
	plan    *Plan
	places  []targetPlace
	reader  targetReader
	sources []string
	keep    map[string]bool
	floats  map[string]bool // columns that are floats at any point: they are so in every file
	number  int             // of the next file
	points  []int           // gathered for it
	rows    int
}

// compactTarget writes the final files of the target's rows and removes all others.
func (p *Plan) compactTarget(ctx context.Context, computed bool) error {
	l := targetLayout{plan: p, places: p.places(), keep: map[string]bool{}}
	l.reader = targetReader{plan: p, places: l.places}
	defer l.reader.close()
	if computed {
		l.sources = p.sources
	}
	for _, f := range p.target {
		l.sources = union(l.sources, f.meta.Sources)
	}
	l.findFloats()
	l.sources = p.ownSources(l.sources)
	for point, place := range l.places {
		if place.file < 0 {
			continue
		}
		l.points = append(l.points, point)
		if l.rows += place.rows; l.rows >= targetFileRows {
			if err := l.end(ctx); err != nil {
				return err
			}
		}
	}
	if err := l.end(ctx); err != nil {
		return err
	}
	all, err := list(p.Dir, targetPrefix)
	if err != nil {
		return err
	}
	return remove(p.Dir, slices.DeleteFunc(all, func(name string) bool { return l.keep[name] })...)
}

// end commits the file of the points gathered, unless it is there.
func (l *targetLayout) end(ctx context.Context) error {
	if len(l.points) == 0 {
		return nil
	}
	meta := fileMeta{Format: formatVersion, Sources: l.sources}
	for _, point := range l.points {
		place := l.places[point]
		whole := l.plan.target[place.file].wholeColumns(place.index)
		meta.Points = append(meta.Points, l.plan.storedPoint(point, place.rows, whole, l.floats))
	}
	name, err := targetName(l.number, meta)
	if err != nil {
		return err
	}
	l.keep[name] = true
	if !slices.ContainsFunc(l.plan.target, func(f storedTarget) bool { return f.name == name }) {
		err = l.plan.writeTarget(ctx, name, l.points, meta, l.floats, l.reader.rows)
	}
	l.points, l.rows = l.points[:0], 0
	l.number++
	return err
}

func (l *targetLayout) findFloats() {
	l.floats = map[string]bool{}
	for _, place := range l.places {
		if place.file < 0 {
			continue
		}
		f := l.plan.target[place.file]
		for name, t := range f.types {
			if t == frame.Float64 && !slices.Contains(f.meta.Points[place.index].Whole, name) {
				l.floats[name] = true
			}
		}
	}
}

// targetName names a final file by what it holds.
func targetName(number int, meta fileMeta) (string, error) {
	text, err := json.Marshal(meta)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%s%05d-%s%s", targetPrefix, number, hex.EncodeToString(sum[:8]), extension), nil
}

// targetTidy reports whether the final files are there and no others.
func (p *Plan) targetTidy() bool {
	if len(p.staleTarget) > 0 {
		return false
	}
	last := elsewhere
	for i, f := range p.target {
		name, err := targetName(i, f.meta)
		if err != nil || f.name != name {
			return false
		}
		for _, point := range f.points {
			if point <= last {
				return false
			}
			last = point
		}
	}
	return true
}
