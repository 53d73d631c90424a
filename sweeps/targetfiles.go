package sweeps

import (
	"path/filepath"

	"github.com/tdlake/tdlake/frame"
)

// TargetFile is a stored file of the target's rows, with the parameters before the target's own columns. Parameters that are lists are JSON in it.
type TargetFile struct {
	Path string
	Rows [][2]int // the rows of the plan's points, half open, ascending
	All  bool     // that is all of its rows
}

// TargetFiles returns where the target's rows are at the points that have them, each point once, and whether there are files that are stale.
func (p *Plan) TargetFiles() (files []TargetFile, stale bool) {
	places := p.places()
	for i, stored := range p.target {
		f := TargetFile{Path: filepath.Join(p.Dir, stored.name), All: true}
		row := 0
		for k, point := range stored.meta.Points {
			end := row + point.Rows
			at := stored.points[k]
			switch last := len(f.Rows) - 1; {
			case at < 0 || places[at].file != i || places[at].index != k:
				f.All = false
			case last >= 0 && f.Rows[last][1] == row:
				f.Rows[last][1] = end
			default:
				f.Rows = append(f.Rows, [2]int{row, end})
			}
			row = end
		}
		if len(f.Rows) > 0 {
			files = append(files, f)
		}
	}
	return files, len(p.staleTarget) > 0
}

// Element returns the type of what the lists of a parameter hold, 0 where its values are no lists.
func (p *Parameter) Element() frame.Type {
	if !p.List {
		return 0
	}
	return elementType(p.bound)
}

// Stale reports whether there are stored points that were computed from parts of the lake that are gone or changed.
func (p *Plan) Stale() bool { return len(p.stale) > 0 }
