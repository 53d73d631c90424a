package frame

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"
)

type row struct {
	t  int64
	id string
	v  float64
}

func long(rows ...row) *Frame {
	b := NewBuilder(Long("v"))
	for _, r := range rows {
		b.Time(0, r.t)
		b.String(1, r.id)
		b.Float(2, r.v)
	}
	return b.Frame()
}

var nan = math.NaN()

func TestSortedOrdersByBytes(t *testing.T) {
	f, err := long(row{2, "b", 1}, row{1, "é", 2}, row{1, "z", 3}, row{1, "Z", nan}, row{1, "", 5}).Sorted()
	if err != nil {
		t.Fatal(err)
	}
	want := long(row{1, "", 5}, row{1, "Z", nan}, row{1, "z", 3}, row{1, "é", 2}, row{2, "b", 1})
	if f.Digest() != want.Digest() {
		t.Fatalf("got %v", f.Record())
	}
	if err := f.CheckOrder(); err != nil {
		t.Fatal(err)
	}
}

func TestDuplicateKeysAreNamed(t *testing.T) {
	_, err := long(row{2, "a", 1}, row{1, "b", 2}, row{2, "a", 3}).Sorted()
	var dup *DuplicateError
	if !errors.As(err, &dup) {
		t.Fatalf("got %v", err)
	}
	if got, want := err.Error(), "two rows have the key time_index = 1970-01-01T00:00:00.000002Z, unique_identifier = a"; got != want {
		t.Fatalf("got %q, not %q", got, want)
	}
}

func TestMissingIsOneThing(t *testing.T) {
	b := NewBuilder(Long("v"))
	for i, v := range []float64{1, nan, math.Inf(1), math.Inf(-1)} {
		b.Time(0, int64(i))
		b.String(1, "a")
		b.Float(2, v)
	}
	b.Time(0, 9)
	b.String(1, "a")
	b.Missing(2)
	f := b.Frame()
	vals, _ := f.Floats("v")
	if f.Named("v").NullN() != 4 || b.Infinities() != 2 {
		t.Fatalf("%d nulls, %d infinities", f.Named("v").NullN(), b.Infinities())
	}
	for i, v := range vals {
		if math.IsNaN(v) != f.Named("v").IsNull(i) {
			t.Fatalf("row %d: %v", i, v)
		}
	}
}

func TestFromRecordMakesValuesCanonical(t *testing.T) {
	fb := array.NewFloat64Builder(allocator)
	fb.AppendValues([]float64{1, 5, math.Inf(1), nan}, []bool{true, false, true, true})
	rec := array.NewRecordBatch(arrow.NewSchema([]arrow.Field{
		{Name: "v", Type: Float64.Arrow(), Nullable: true}, {Name: TimeIndex, Type: Timestamp.Arrow()}, {Name: UniqueIdentifier, Type: String.Arrow()},
	}, nil), []arrow.Array{fb.NewArray(), TimeColumn([]int64{1, 2, 3, 4}), StringColumn([]string{"a", "a", "a", "a"})}, 4)
	f, infinities, err := FromRecord(rec, Long("v"))
	if err != nil || infinities != 1 {
		t.Fatal(infinities, err)
	}
	if want := long(row{1, "a", 1}, row{2, "a", nan}, row{3, "a", nan}, row{4, "a", nan}); f.Digest() != want.Digest() {
		t.Fatalf("got %v", f.Record())
	}
}

func TestNewRefuses(t *testing.T) {
	times, ids := TimeColumn([]int64{1}), StringColumn([]string{"a"})
	for name, c := range map[string]struct {
		schema Schema
		cols   []arrow.Array
	}{
		"no time":   {Schema{Fields: []Field{{UniqueIdentifier, String}}, Key: 1}, []arrow.Array{ids}},
		"no key":    {Schema{Fields: []Field{{TimeIndex, Timestamp}}}, []arrow.Array{times}},
		"twice":     {Schema{Fields: []Field{{TimeIndex, Timestamp}, {TimeIndex, Timestamp}}, Key: 1}, []arrow.Array{times, times}},
		"too few":   {Long("v"), []arrow.Array{times, ids}},
		"type":      {Long("v"), []arrow.Array{times, ids, ids}},
		"length":    {Long("v"), []arrow.Array{times, ids, FloatColumn([]float64{1, 2})}},
		"null keys": {Schema{Fields: []Field{{TimeIndex, Timestamp}, {"k", Float64}}, Key: 2}, []arrow.Array{times, FloatColumn([]float64{nan})}},
	} {
		if _, err := New(c.schema, c.cols); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestBetweenAndSelect(t *testing.T) {
	f := long(row{1, "a", 1}, row{1, "b", 2}, row{3, "a", 3}, row{5, "a", 4})
	if got := f.Between(1, 5); got.Rows() != 3 {
		t.Fatalf("%d rows", got.Rows())
	}
	if got := f.Between(2, 3); got.Rows() != 0 {
		t.Fatalf("%d rows", got.Rows())
	}
	if _, err := f.Select("w"); err == nil {
		t.Fatal("selected a column that is not there")
	}
	s, err := f.Between(3, 9).Select("v")
	if err != nil || s.Digest() != long(row{3, "a", 3}, row{5, "a", 4}).Digest() {
		t.Fatal(err)
	}
}

func drawFrame(t *rapid.T) *Frame {
	type key struct {
		t  int64
		id string
	}
	cells := rapid.MapOfN(rapid.Custom(func(t *rapid.T) key {
		return key{rapid.Int64Range(0, 20).Draw(t, "t"), rapid.SampledFrom([]string{"", "A", "B", "a", "ä", "\U0001f600"}).Draw(t, "id")}
	}), rapid.Float64Range(-10, 10), 1, 40).Draw(t, "cells")
	var rows []row
	for k, v := range cells {
		rows = append(rows, row{k.t, k.id, v})
	}
	f, err := long(rows...).Sorted()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPanelAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFrame(t)
		p, err := f.Panel()
		if err != nil {
			t.Fatal(err)
		}
		if p.Frame().Digest() != f.Digest() {
			t.Fatalf("%v became %v", f.Record(), p.Frame().Record())
		}
		if !slices.IsSorted(p.IDs) || !slices.IsSorted(p.Times) {
			t.Fatal("a panel out of order")
		}
		cut := rapid.Int64Range(-1, 22).Draw(t, "cut")
		joined, err := Concat(p.Between(-5, cut).Frame(), p.Between(cut, 99).Frame())
		if err != nil || joined.Digest() != f.Digest() {
			t.Fatal("parts differ from the whole", err)
		}
	})
}

func TestSlicesKeepTheirDigest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFrame(t)
		i := rapid.IntRange(0, f.Rows()).Draw(t, "i")
		joined, err := Concat(f.Slice(0, i), f.Slice(i, f.Rows()))
		if err != nil || joined.Digest() != f.Digest() {
			t.Fatal("joined slices differ", err)
		}
	})
}

func TestPanelKeepsTimesOfMissingValuesUntilCompacted(t *testing.T) {
	p, err := long(row{1, "a", 1}, row{2, "a", nan}, row{3, "b", 2}).Panel()
	if err != nil || len(p.Times) != 3 {
		t.Fatal(p, err)
	}
	if c := p.Compact(); !slices.Equal(c.Times, []int64{1, 3}) || c.Data[0][1][1] != 2 || c.Data[0][0][0] != 1 {
		t.Fatalf("got %v", c)
	}
}

func TestCompareAgreesWithOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawFrame(t)
		i, j := rapid.IntRange(0, f.Rows()-1).Draw(t, "i"), rapid.IntRange(0, f.Rows()-1).Draw(t, "j")
		if got := Compare(f, i, f, j); (got < 0) != (i < j) || (got == 0) != (i == j) {
			t.Fatalf("rows %d and %d compare as %d", i, j, got)
		}
	})
}
