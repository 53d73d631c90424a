package duck

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/tdlake/tdlake/frame"
	"pgregory.net/rapid"
)

var everyType = frame.Schema{Key: 2, Fields: []frame.Field{
	{Name: "time_index", Type: frame.Timestamp}, {Name: "unique_identifier", Type: frame.String}, {Name: "f", Type: frame.Float64}, {Name: "i", Type: frame.Int64},
	{Name: "b", Type: frame.Bool}, {Name: "s", Type: frame.String}, {Name: "t", Type: frame.Timestamp}, {Name: "d", Type: frame.Date},
}}

// sample makes a frame of n rows whose values are missing where miss says so.
func sample(n int, miss func(row, col int) bool) *frame.Frame {
	b := frame.NewBuilder(everyType)
	for i := range n {
		b.Time(0, int64(i)*1_000_000)
		b.String(1, fmt.Sprintf("id %d", i))
		for col := 2; col < len(everyType.Fields); col++ {
			if miss(i, col) {
				b.Missing(col)
				continue
			}
			switch everyType.Fields[col].Type {
			case frame.Float64:
				b.Float(col, math.Sqrt(float64(i)))
			case frame.Int64:
				b.Int(col, int64(i)-5)
			case frame.Bool:
				b.Bool(col, i%3 == 0)
			case frame.String:
				b.String(col, strings.Repeat("é", i%20))
			case frame.Timestamp:
				b.Time(col, -int64(i))
			case frame.Date:
				b.Date(col, int32(i)-10)
			}
		}
	}
	return b.Frame()
}

func equal(a, b *frame.Frame) bool {
	return a.Schema().Equal(b.Schema()) && array.RecordEqual(a.Record(), b.Record())
}

func TestFramesGoInAndOut(t *testing.T) {
	d := open(t, Options{})
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.SampledFrom([]int{0, 1, 63, 64, 65, 2047, 2048, 2049, 5000}).Draw(r, "rows")
		every := rapid.IntRange(1, 9).Draw(r, "every")
		f := sample(n, func(row, col int) bool { return (row+col)%every == 0 && every < 9 })
		from := rapid.IntRange(0, n).Draw(r, "from")
		f = f.Slice(from, rapid.IntRange(from, n).Draw(r, "to")) // columns with offsets
		if err := d.Register("f", f); err != nil {
			r.Fatal(err)
		}
		got, notes, err := d.QueryFrame(context.Background(), "from f", []string{"time_index", "unique_identifier"})
		if err != nil || len(notes) > 0 {
			r.Fatal(notes, err)
		}
		if !equal(got, f) {
			r.Fatalf("%d rows came out as\n%v\nnot\n%v", f.Rows(), got.Record(), f.Record())
		}
	})
}

func TestProjections(t *testing.T) {
	d := open(t, Options{Threads: 2})
	if err := d.Register("some table", sample(10_000, func(row, col int) bool { return row%2 == 0 })); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]string{
		`select count(*) from "some table"`:                                      "10000",
		`select d, i from "some table" limit 1 offset 1`:                         "1970-01-01 - 9 days",
		`select sum(i)::bigint, max(time_index) from "some table"`:               "24975000 1970-01-01T02:46:39Z",
		`select a.i from "some table" a join "some table" b on a.i = b.i + 9994`: "9990",
		`select typeof(time_index) from "some table" limit 1`:                    "TIMESTAMP WITH TIME ZONE",
	} {
		if sql == `select d, i from "some table" limit 1 offset 1` {
			want = "1969-12-23 -4"
		}
		rows, err := d.Query(context.Background(), sql, Refuse)
		if err != nil {
			t.Error(err)
			continue
		}
		var got []string
		for rows.Next() {
			for _, c := range rows.Table().Columns {
				got = append(got, c.ValueStr(0))
			}
		}
		if rows.Err() != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %s, want %s, %v", sql, got, want, rows.Err())
		}
		rows.Close()
	}
}

func TestRegisterAgain(t *testing.T) {
	d := open(t, Options{})
	ctx, key := context.Background(), []string{"time_index"}
	one, two := sample(1, func(int, int) bool { return false }), sample(2, func(int, int) bool { return false })
	count := func() int {
		f, _, err := d.QueryFrame(ctx, "from f", key)
		if err != nil {
			t.Fatal(err)
		}
		return f.Rows()
	}
	for _, f := range []*frame.Frame{one, two, one} {
		if err := d.Register("f", f); err != nil {
			t.Fatal(err)
		}
		if count() != f.Rows() {
			t.Errorf("%d rows, want %d", count(), f.Rows())
		}
	}
	if n := len(d.frames.tables); n != 1 {
		t.Errorf("%d tables are held for one name", n)
	}
	if err := d.Unregister("f"); err != nil {
		t.Fatal(err)
	}
	if len(d.frames.tables) != 0 || d.Unregister("f") == nil {
		t.Error("the relation is still there")
	}
	if _, _, err := d.QueryFrame(ctx, "from f", key); err == nil {
		t.Error("the relation can still be queried")
	}
	odd := Table{[]string{"x"}, []arrow.Array{array.NewNull(3)}}
	if err := d.RegisterTable("odd", odd); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Error(err)
	}
}

func TestListsGoIn(t *testing.T) {
	b := array.NewListBuilder(memory.DefaultAllocator, arrow.PrimitiveTypes.Int64)
	v := b.ValueBuilder().(*array.Int64Builder)
	for i := range 3000 {
		if i == 7 {
			b.AppendNull()
			continue
		}
		b.Append(true)
		for k := range i % 4 {
			v.Append(int64(10*i + k))
		}
	}
	table := Table{[]string{"windows"}, []arrow.Array{b.NewArray()}}
	d := open(t, Options{})
	keep, err := d.Evaluate(context.Background(), table, "len(windows) = 3 and windows[3] = 10 * 2499 + 2")
	if err != nil {
		t.Fatal(err)
	}
	for i, k := range keep {
		if k != (i == 2499) {
			t.Errorf("row %d: %v", i, k)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	d := open(t, Options{Threads: 2})
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 10 {
				f := sample(500*g+i, func(int, int) bool { return false })
				got, err := d.Filter(context.Background(), f, fmt.Sprintf("i >= %d", i))
				if err != nil || got.Rows() != max(f.Rows()-5-i, 0) {
					t.Errorf("%d rows of %d, %v", got.Rows(), f.Rows(), err)
				}
			}
		})
	}
	all.Wait()
	if n := len(d.frames.tables); n != 0 {
		t.Errorf("%d tables are left", n)
	}
}
