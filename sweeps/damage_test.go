package sweeps

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/internal/seal"
	"github.com/tdlake/tdlake/lake"
)

func TestDamageOfTheLakeEndsTheRun(t *testing.T) {
	w := newWorld(t)
	e := &fake{fails: func(*graph.Node) error { return &lake.DamageError{Path: "part", Problem: "it is cut short"} }}
	_, err := Run(context.Background(), w.plan(vary), e, Options{Jobs: 2, blockPoints: 1})
	var damage *lake.DamageError
	if !errors.As(err, &damage) || e.evals > 2 {
		t.Errorf("%v after %d evaluations", err, e.evals)
	}
}

func TestAFolderThatCannotBeWrittenTo(t *testing.T) {
	w := newWorld(t)
	p := w.plan(vary)
	parent := filepath.Dir(p.Dir)
	if err := os.MkdirAll(filepath.Dir(parent), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(parent, nil, 0o666); err != nil { // a file where a folder belongs
		t.Fatal(err)
	}
	c, pipeline, err := load(vary)
	if err != nil {
		t.Fatal(err)
	}
	d, err := lake.Open(w.dir, "test", c.Start, c.End)
	if err != nil {
		t.Fatal(err)
	}
	if q, err := NewPlan(context.Background(), Request{Config: c, Pipeline: pipeline, Lake: d}); err == nil {
		if _, err := Run(context.Background(), q, &fake{}, Options{}); err == nil {
			t.Error("nothing was said")
		}
	}
	if err := os.Remove(parent); err != nil {
		t.Fatal(err)
	}
	sameFolder(t, w.run(vary, &fake{}, Options{}).folder(t), newWorld(t).run(vary, &fake{}, Options{}).folder(t))
}

// damageColumn changes a byte in the first page of a column of a file of points.
func damageColumn(t *testing.T, path, column string, whole []byte) {
	t.Helper()
	f, err := openResults(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	c := f.f.Metadata().RowGroups[0].Columns[f.index[column]].MetaData
	text := slices.Clone(whole)
	text[c.DataPageOffset+c.TotalCompressedSize/2] ^= 1
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}

// asBefore returns a file of results as it was written before there were checksums.
func asBefore(t testing.TB, text []byte) []byte {
	t.Helper()
	out := bytes.Replace(text, []byte(seal.Key), []byte("tdlake.nosum."), 1)
	out = bytes.Replace(out, []byte(`{"format":2`), []byte(`{"format":1`), 1)
	if len(out) != len(text) || bytes.Equal(out, text) {
		t.Fatal("no file with a checksum")
	}
	return out
}

// TestDamagedColumns has files without a checksum whose footers say all that planning asks, and of which one column is not what was written. Whose the rows are is found out when
// the sweep is planned, so that no damaged row group is copied; what they hold, when that is read.
func TestDamagedColumns(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(w.run(vary, &fake{}, Options{}).Dir, pointsName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, asBefore(t, whole), 0o666); err != nil {
		t.Fatal(err)
	}
	if p := w.plan(vary); p.ToCompute() > 0 {
		t.Error("a file from before there were checksums is not read")
	}
	whole = asBefore(t, whole)
	e := &fake{}
	said := func(what string, err error) {
		var damage *lake.DamageError
		if !errors.As(err, &damage) || damage.Path != path || damage.Hint() == "" || e.evals > 0 {
			t.Errorf("%s said %v, after %d evaluations", what, err, e.evals)
		}
	}
	for _, column := range []string{"windows", "alpha", idColumn} {
		for _, sweep := range []string{vary, wide} {
			damageColumn(t, path, column, whole)
			said("planning, over the column "+column, second(planAt(w.dir, sweep, nil)))
			if err := os.WriteFile(path, whole, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, column := range []string{"rows", "first_time", "sharpe", "peak"} {
		damageColumn(t, path, column, whole)
		said("a run of all that is stored", second(Run(context.Background(), w.plan(vary), e, Options{})))
		said("a run of more", second(Run(context.Background(), w.plan(wide), e, Options{})))
		ahead := w.plan(vary)
		ahead.Ahead()
		said("a run ahead of which values were read", second(Run(context.Background(), ahead, e, Options{})))
		said("the relation", second(w.plan(vary).Table()))
		said("the ranking", second(w.plan(vary).Ranked(1)))
		if err := os.WriteFile(path, whole, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if p := w.plan(vary); p.ToCompute() > 0 || second(p.Table()) != nil {
		t.Error("the whole file is not what it was")
	}
}

func second[T any](_ T, err error) error { return err }

func TestDamagedResultsAreSaidToBe(t *testing.T) {
	w := newWorld(t)
	p := w.run(vary, &fake{}, Options{})
	path := filepath.Join(p.Dir, pointsName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"cut short": whole[:len(whole)/2], "empty": nil, "no Parquet": []byte("PAR1 but not really PAR1"),
		"zeroed": append(make([]byte, 300), whole[300:]...),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, text, 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := planAt(w.dir, vary, nil)
			var damage *lake.DamageError
			if !errors.As(err, &damage) || damage.Path != path || damage.Hint() == "" {
				t.Errorf("planning said %v", err)
			}
		})
	}
}

// TestAFooterOfOtherRowsThanItsColumns has a footer by which row groups are of more or fewer rows than their columns are.
func TestAFooterOfOtherRowsThanItsColumns(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(w.run(vary, &fake{}, Options{}).Dir, pointsName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []int64{1, -1} {
		changeFooter(t, path, whole, func(m *format.FileMetaData) {
			m.NumRows += more
			m.RowGroups[0].NumRows += more
		})
		var damage *lake.DamageError
		if _, err := planAt(w.dir, vary, nil); !errors.As(err, &damage) || damage.Path != path {
			t.Errorf("planning with %d rows more than there are said %v", more, err)
		}
	}
}

func changeFooter(t *testing.T, path string, whole []byte, change func(*format.FileMetaData)) {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	change(f.Metadata())
	footer, err := thrift.Marshal(new(thrift.CompactProtocol), f.Metadata())
	if err != nil {
		t.Fatal(err)
	}
	const trailer = 8
	old := binary.LittleEndian.Uint32(whole[len(whole)-trailer:])
	text := append(slices.Clone(whole[:len(whole)-trailer-int(old)]), footer...)
	text = append(binary.LittleEndian.AppendUint32(text, uint32(len(footer))), "PAR1"...)
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
}
