package sweeps

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/parquet-go/parquet-go/format"
)

// copier copies row groups from files, each of which it opens once.
type copier struct {
	dir   string
	at    map[int]storedGroup // by first point
	files map[string]*resultFile
}

func newCopier(dir string, stored []storedGroup) *copier {
	c := &copier{dir: dir, at: make(map[int]storedGroup, len(stored)), files: map[string]*resultFile{}}
	for _, g := range stored {
		c.at[g.first] = g
	}
	return c
}

func (c *copier) close() {
	for _, f := range c.files {
		f.close()
	}
}

// copy copies the row group of some points as it is, where it is there and that gives what encoding them would.
func (c *copier) copy(e *encoder, points []int) (bool, error) {
	g, ok := c.at[points[0]]
	if !ok || !g.holds(points) {
		return false, nil
	}
	f := c.files[g.file]
	if f == nil {
		var err error
		if f, err = openResults(filepath.Join(c.dir, g.file)); err != nil {
			return false, err
		}
		c.files[g.file] = f
	}
	return f.copyGroup(e, g.index)
}

// copyGroup copies a row group, unless it has other columns or one that would be encoded otherwise.
func (r *resultFile) copyGroup(e *encoder, index int) (copied bool, err error) {
	defer recoverAs(&err)
	groups := r.f.RowGroups()
	if index >= len(groups) {
		return false, r.damage(fmt.Errorf("it has %d row groups", len(groups)))
	}
	if e.rows > 0 || !e.sameColumns(r) || slices.ContainsFunc(r.f.Metadata().RowGroups[index].Columns, mixed) {
		return false, nil
	}
	_, err = e.w.WriteRowGroup(groups[index])
	return err == nil, err
}

// mixed reports whether a column went on without its dictionary: the Parquet library would not copy such a column, but
// divide it into other pages.
func mixed(c format.ColumnChunk) bool {
	dictionary, plain := false, false
	for _, s := range c.MetaData.EncodingStats {
		dictionary = dictionary || s.PageType == format.DictionaryPage
		plain = plain || s.PageType == format.DataPage && s.Encoding != format.RLEDictionary
	}
	return dictionary && plain
}
