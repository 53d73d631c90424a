package sweeps

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/lake"
)

// FuzzResults reads damaged files: they are said to be damaged, or read as something, and nothing panics.
func FuzzResults(f *testing.F) {
	var whole bytes.Buffer
	err := encodeTable(&whole, duck.Table{
		Names:   []string{"windows", idColumn, "rows", "first_time", "sharpe"},
		Columns: []arrow.Array{intColumn([]int64{1, 2}), frame.StringColumn([]string{"a", "b"}), intColumn([]int64{1, 2}), frame.TimeColumn([]int64{3, 4}), frame.FloatColumn([]float64{0.5, nan})},
	}, fileMeta{Metrics: []storedMetric{{Name: "sharpe", Key: "k"}}, Sources: []string{"s"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add(whole.Bytes()[:whole.Len()/2])
	f.Add([]byte("PAR1PAR1"))
	w := newWorld(f)
	points, err := os.ReadFile(filepath.Join(w.run(vary, &fake{}, Options{}).Dir, pointsName))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(points)
	p := w.plan(wide)
	path := filepath.Join(f.TempDir(), pointsName)
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		expectSaid(t, readAll(path))
		expectSaid(t, absorbAll(p, path))
	})
}

// expectSaid holds that a file was read, or that it is said to be damaged or newer.
func expectSaid(t *testing.T, err error) {
	t.Helper()
	var damage *lake.DamageError
	var newer *lake.NewerFormatError
	if err != nil && !errors.As(err, &damage) && !errors.As(err, &newer) {
		t.Errorf("a damaged file is said to be %v", err)
	}
}

// absorbAll reads a file as the points of a plan.
func absorbAll(p *Plan, path string) error {
	f, err := openResults(path)
	if err != nil {
		return err
	}
	defer f.close()
	meta, err := f.readMeta()
	if err != nil {
		return err
	}
	r := newResults(p.Space, p.Metrics, p.ids)
	_, reading, err := r.absorb(f, meta, meta.Groups)
	if err != nil {
		return err
	}
	r.makeRoom()
	return reading.run()
}

func readAll(path string) error {
	r, err := openResults(path)
	if err != nil {
		return err
	}
	defer r.close()
	if _, err := r.readMeta(); err != nil {
		return err
	}
	for _, name := range r.names {
		if _, err := r.column(name); err != nil {
			return err
		}
	}
	return nil
}
