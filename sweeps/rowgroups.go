package sweeps

import (
	"encoding/binary"
	"math/bits"
	"path/filepath"

	"github.com/tdlake/tdlake/graph"
)

// A file of points is divided by what its points are: a row group ends after a point whose hash says so. Points that come in between, for a
// window that is added, then change the row groups that they fall into and no other, and all others are copied as they lie on disk. Where
// they ended by count instead, every row after the first new one would be in another place.

const (
	groupMost  = groupRows // rows a row group
	groupLeast = 1 << 11   // rows a row group has on average, or more: what is said of each takes a kilobyte or two
	groupsAim  = 8         // row groups of a file, or up to twice as many, where that gives them no fewer rows
)

// groupMask returns the bits that are zero in the hash of a point that ends a row group, for a space of so many points.
func groupMask(points int) uint32 {
	mean := min(max(points/groupsAim, groupLeast), groupMost/2)
	return 1<<(bits.Len(uint(mean))-1) - 1
}

// rowGroups divides points, in canonical order, into the row groups of a file that holds them. A hash ends one row group and no more: points that
// a varied parameter does not tell apart have it in common.
func (ids *identities) rowGroups(points []int) [][]int {
	mask := groupMask(len(ids.hashes))
	var out [][]int
	ended := map[graph.Hash]bool{}
	from := 0
	for i, point := range points {
		h, last := ids.hashes[point], i == len(points)-1
		ends := binary.LittleEndian.Uint32(h[:4])&mask == 0 && !ended[h] && (last || ids.hashes[points[i+1]] != h)
		if ends {
			ended[h] = true
		}
		if ends || i+1-from == groupMost || last {
			out = append(out, points[from:i+1])
			from = i + 1
		}
	}
	return out
}

// storedGroup is a row group on disk that holds points with all their columns.
type storedGroup struct {
	file        string
	index       int // in the file
	first, last int // points
	rows        int
}

// groupsOf says where row groups are that were written one after the other.
func groupsOf(file string, groups [][]int) []storedGroup {
	out := make([]storedGroup, len(groups))
	for i, g := range groups {
		out[i] = storedGroup{file, i, g[0], g[len(g)-1], len(g)}
	}
	return out
}

// groups says where a file's row groups are; points are those of its rows.
func (r *resultFile) groups(points []int) []storedGroup {
	var out []storedGroup
	for i, g := range r.f.RowGroups() {
		if n := int(g.NumRows()); n > 0 && n <= len(points) {
			out = append(out, storedGroup{filepath.Base(r.path), i, points[0], points[n-1], n})
			points = points[n:]
		}
	}
	return out
}

// holds reports whether its points are these, which are in order and, like its own, among the complete ones.
func (g storedGroup) holds(points []int) bool {
	return g.first == points[0] && g.last == points[len(points)-1] && g.rows == len(points)
}

// unchangedGroups returns the row groups of files from before the run whose points were not computed again since.
func (p *Plan) unchangedGroups() []storedGroup {
	var out []storedGroup
	for _, f := range p.files {
		if f.meta.Encoding != encodingVersion || !p.fits(f) {
			continue
		}
		for _, g := range f.groups {
			if !p.Results.anyTouched(g.first, g.last) {
				out = append(out, g)
			}
		}
	}
	return out
}
