package lake

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/frame"
)

// drawRows draws rows of two value columns with gaps: few times, few identifiers.
func drawRows(t *rapid.T) *frame.Frame {
	b := frame.NewBuilder(frame.Long("v", "w"))
	for day := range int64(12) {
		for _, id := range []string{"A", "B", "C"} {
			if rapid.IntRange(0, 2).Draw(t, "there") == 0 {
				continue
			}
			b.Time(0, onDay(day))
			b.String(1, id)
			for k := 2; k < 4; k++ {
				if rapid.IntRange(0, 2).Draw(t, "missing") == 0 {
					b.Missing(k)
				} else {
					b.Float(k, float64(day)+float64(k)/10)
				}
			}
		}
	}
	return b.Frame()
}

// lastValues is a model of what as-of rows are for: the last value of a column of each identifier, and its last row.
func lastValues(f *frame.Frame) map[string]string {
	out := map[string]string{}
	for i := range f.Rows() {
		id := f.Column(1).ValueStr(i)
		out[id] = showTime(f.Times()[i])
		for k := 2; k < len(f.Schema().Fields); k++ {
			if f.Column(k).IsValid(i) {
				out[id+"."+f.Schema().Fields[k].Name] = showTime(f.Times()[i]) + " " + f.Column(k).ValueStr(i)
			}
		}
	}
	return out
}

func sameValues(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

func TestAsOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawRows(t)
		got := AsOf(f)
		if err := got.CheckOrder(); err != nil {
			t.Fatalf("%v\n%s", err, show(got))
		}
		if !sameValues(lastValues(got), lastValues(f)) {
			t.Fatalf("of\n%sthere is\n%s", show(f), show(got))
		}
		if again := AsOf(got); show(again) != show(got) {
			t.Fatalf("of\n%sthere is\n%s", show(got), show(again))
		}
		for i := range got.Rows() { // no row that tells nothing
			rest, err := frame.Concat(got.Slice(0, i), got.Slice(i+1, got.Rows()))
			if err != nil {
				t.Fatal(err)
			}
			if sameValues(lastValues(rest), lastValues(f)) {
				t.Fatalf("row %d is not needed:\n%s", i, show(got))
			}
		}
	})
}

// TestAsOfAddsUp holds that as-of rows stand for all the rows before them.
func TestAsOfAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawRows(t)
		cut := onDay(rapid.Int64Range(0, 12).Draw(t, "cut"))
		joined, err := frame.Concat(AsOf(f.Between(beginning, cut)), f.Between(cut, maxTime))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := show(AsOf(joined)), show(AsOf(f)); got != want {
			t.Fatalf("cut at %s, of\n%sthere is\n%snot\n%s", showTime(cut), show(f), got, want)
		}
	})
}

func TestAsOfKeysWithSeveralColumns(t *testing.T) {
	b := frame.NewBuilder(frame.Schema{Key: 3, Fields: []frame.Field{
		{Name: frame.TimeIndex, Type: frame.Timestamp}, {Name: "a", Type: frame.String}, {Name: "b", Type: frame.String},
	}})
	for day, ab := range [][2]string{{"x", "yz"}, {"xy", "z"}, {"x", "yz"}, {"x:y", "z"}, {"", "xyz"}} {
		b.Time(0, onDay(int64(day)))
		b.String(1, ab[0])
		b.String(2, ab[1])
	}
	if got, want := show(AsOf(b.Frame())), "2020-01-02 xy z\n2020-01-03 x yz\n2020-01-04 x:y z\n2020-01-05  xyz\n"; got != want {
		t.Errorf("there is\n%s", got)
	}
}

func TestBeforeIsAsOfAllRowsBefore(t *testing.T) {
	x := newFixture(t)
	ctx := context.Background()
	all := closes(0, 900, "AAA", "BBB", "CCC")
	m := x.snapshot("prices", Span{onDay(100), onDay(900)}, all)
	for _, at := range []int64{onDay(100), onDay(100) + 1, onDay(101), newYear21, newYear21 + 1, onDay(500), onDay(900)} {
		got, err := x.Before(ctx, m.ID, at)
		if err != nil {
			t.Fatal(err)
		}
		if want := AsOf(all.Between(beginning, at)); show(got) != show(want) || !got.Schema().Equal(want.Schema()) {
			t.Errorf("before %s:\n%snot\n%s", showTime(at), show(got), show(want))
		}
	}
	for _, at := range []int64{onDay(100) - 1, onDay(900) + 1} {
		if _, err := x.Before(ctx, m.ID, at); !errors.Is(err, ErrNotStored) {
			t.Errorf("before %s: %v", showTime(at), err)
		}
	}
	if _, err := x.Before(ctx, testNode(t, "members").ID(), onDay(200)); !errors.Is(err, ErrNotStored) {
		t.Errorf("of a node that is not stored: %v", err)
	}
}

func TestBeforeWhereAllHistoryIsStored(t *testing.T) {
	x := newFixture(t)
	all := closes(0, 400, "AAA", "BBB")
	m := x.snapshot("prices", Span{beginning, onDay(400)}, all)
	for _, at := range []int64{onDay(-9000), onDay(0), onDay(1), onDay(399)} {
		got, err := x.Before(context.Background(), m.ID, at)
		if err != nil {
			t.Fatal(err)
		}
		if want := AsOf(all.Between(beginning, at)); show(got) != show(want) {
			t.Errorf("before %s:\n%snot\n%s", showTime(at), show(got), show(want))
		}
	}
}

func TestBeforeOfSomeColumns(t *testing.T) {
	x := newFixture(t)
	b := frame.NewBuilder(frame.Long("v", "w"))
	for day, r := range [][2]float64{{1, 2}, {missing, 3}, {4, missing}, {missing, missing}} {
		b.Time(0, onDay(int64(day)))
		b.String(1, "A")
		b.Float(2, r[0])
		b.Float(3, r[1])
	}
	m := x.snapshot("prices", Span{onDay(3), onDay(9)}, b.Frame())
	for _, c := range []struct {
		columns []string
		want    string
	}{
		{nil, "2020-01-02 A - 3\n2020-01-03 A 4 -\n2020-01-04 A - -\n"},
		{[]string{"v"}, "2020-01-03 A 4\n2020-01-04 A -\n"},
		{[]string{"w"}, "2020-01-02 A 3\n2020-01-04 A -\n"},
	} {
		got, err := x.Before(context.Background(), m.ID, onDay(5), c.columns...)
		if err != nil {
			t.Fatal(err)
		}
		if show(got) != c.want {
			t.Errorf("of %v:\n%snot\n%s", c.columns, show(got), c.want)
		}
	}
	if _, err := x.Before(context.Background(), m.ID, onDay(5), "x"); err == nil {
		t.Error("a column that is not there was read")
	}
}

func TestDamagedAsOfRowsAreNeverRead(t *testing.T) {
	x := newFixture(t)
	m := x.prices()
	path := filepath.Join(x.beforeDir(m.ID), m.Before[0].Name)
	change(t, path, func(text []byte) []byte { return text[:len(text)-1] })
	var damage *DamageError
	if _, err := x.Before(context.Background(), m.ID, onDay(200)); !errors.As(err, &damage) || damage.Path != path {
		t.Errorf("cut short: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Before(context.Background(), m.ID, onDay(200)); !errors.As(err, &damage) || damage.Path != path {
		t.Errorf("gone: %v", err)
	}
}
