package lake

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/frame"
)

// write stores a computed node without inputs.
func (x *fixture) write(name string, covered Span, f *frame.Frame) *Manifest {
	x.t.Helper()
	m, err := x.Write(context.Background(), testNode(x.t, name), covered, nil, f)
	if err != nil {
		x.t.Fatal(err)
	}
	return m
}

func (x *fixture) expectClean() {
	x.t.Helper()
	faults, err := x.Verify(context.Background())
	for _, f := range faults {
		x.t.Errorf("verify: %s", f)
	}
	if err != nil {
		x.t.Error(err)
	}
}

func TestWrittenRowsAreReadBack(t *testing.T) {
	x := newFixture(t)
	for _, c := range []struct {
		name    string
		covered Span
		rows    *frame.Frame
		parts   int
	}{
		{"within a year", Span{onDay(10), onDay(20)}, closes(10, 20, "AAA", "BBB"), 1},
		{"over years", Span{onDay(10), onDay(800)}, closes(10, 800, "AAA"), 3},
		{"fewer than before", Span{onDay(12), onDay(13)}, closes(12, 13, "AAA"), 1},
		{"none", Span{onDay(10), onDay(20)}, closes(0, 0), 0},
		{"none at the edges", Span{onDay(-500), onDay(1000)}, closes(10, 20, "AAA"), 1},
		{"since the beginning", Span{beginning, onDay(20)}, closes(-400, 20, "AAA"), 3},
	} {
		written := x.write("returns", c.covered, c.rows)
		m, err := x.Manifest(written.ID)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if m.Rows != int64(c.rows.Rows()) || len(m.Parts) != c.parts || m.Origin != Computed || !slices.Equal(m.Covered, Spans{c.covered}) {
			t.Errorf("%s: %d rows, %d parts, %s, covered %v", c.name, m.Rows, len(m.Parts), m.Origin, m.Covered)
		}
		got, err := x.Rows(context.Background(), m.ID, beginning, maxTime)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got.Digest() != c.rows.Digest() {
			t.Errorf("%s: read back\n%s", c.name, show(got))
		}
		x.expectClean()
	}
}

func TestWriteKeepsWhatIsCovered(t *testing.T) {
	x := newFixture(t)
	all := closes(0, 30, "AAA")
	m := x.write("returns", Span{onDay(10), onDay(20)}, all)
	got, err := x.Rows(context.Background(), m.ID, beginning, maxTime)
	if err != nil {
		t.Fatal(err)
	}
	if want := all.Between(onDay(10), onDay(20)); got.Digest() != want.Digest() {
		t.Errorf("of 30 days those from 10 to 20 are\n%s", show(got))
	}
	x.expectClean()
}

func TestTheSameRowsAreTheSameBytes(t *testing.T) {
	x, y := newFixture(t), newFixture(t)
	covered, rows := Span{onDay(0), onDay(500)}, closes(0, 500, "AAA", "BBB")
	x.write("returns", covered, rows)
	y.write("returns", Span{onDay(3), onDay(400)}, closes(3, 400, "CCC"))
	y.write("returns", covered, rows)
	a, b := filesBelow(t, x.dir), filesBelow(t, y.dir)
	if !slices.Equal(a, b) {
		t.Fatalf("%v and %v", a, b)
	}
	for _, name := range a {
		if name == lockName {
			continue
		}
		one, err1 := os.ReadFile(filepath.Join(x.dir, name))
		two, err2 := os.ReadFile(filepath.Join(y.dir, name))
		if err1 != nil || err2 != nil || string(one) != string(two) {
			t.Errorf("%s differs (%v, %v)", name, err1, err2)
		}
	}
}

func TestWriteRefusesRowsOutOfOrder(t *testing.T) {
	x := newFixture(t)
	was := x.write("returns", Span{onDay(0), onDay(9)}, closes(0, 9, "AAA"))
	for name, f := range map[string]*frame.Frame{"out of order": closes(0, 9, "BBB", "AAA"), "twice": closes(0, 9, "AAA", "AAA")} {
		var data *DataError
		if _, err := x.Write(context.Background(), testNode(t, "returns"), Span{onDay(0), onDay(9)}, nil, f); !errors.As(err, &data) || data.Node != "returns" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now, err := x.Manifest(was.ID); err != nil || string(now.text) != string(was.text) {
		t.Errorf("what was stored has changed: %v", err)
	}
	x.expectClean()
}

func TestAWriteThatIsStoppedLeavesNothingHalf(t *testing.T) {
	x := newFixture(t)
	x.write("returns", Span{onDay(0), onDay(9)}, closes(0, 9, "AAA"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := x.Write(ctx, testNode(t, "returns"), Span{onDay(0), onDay(9)}, nil, closes(0, 9, "BBB")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	x.expectClean()
}

func TestDigests(t *testing.T) {
	x := newFixture(t)
	m := x.prices()
	before := Digest{m.ID, "_before/" + m.Before[0].Name, m.Before[0].SHA256}
	part := func(i int) Digest { return Digest{m.ID, m.Parts[i].Path, m.Parts[i].SHA256} }
	for _, c := range []struct {
		name string
		s    Span
		asOf bool
		want []Digest
	}{
		{"all", Span{onDay(100), onDay(900)}, false, []Digest{part(0), part(1), part(2)}},
		{"since ever", Span{beginning, maxTime}, false, []Digest{part(0), part(1), part(2)}},
		{"one year", Span{newYear21, newYear21 + 1}, false, []Digest{part(1)}},
		{"up to its start", Span{onDay(100), newYear21}, false, []Digest{part(0)}},
		{"nothing stored there", Span{onDay(0), onDay(100)}, false, nil},
		{"as of the boundary", Span{onDay(100), onDay(101)}, true, []Digest{before, part(0)}},
		{"as of a later time, all since the boundary", Span{onDay(400), onDay(401)}, true, []Digest{before, part(0), part(1)}},
	} {
		got, err := x.Digests(m.ID, c.s, c.asOf)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
	for name, s := range map[string]Span{"before the boundary": {onDay(99), onDay(200)}, "after the end": {onDay(901), onDay(902)}} {
		if _, err := x.Digests(m.ID, s, true); !errors.Is(err, ErrNotStored) {
			t.Errorf("as of a time %s: %v", name, err)
		}
	}
	if _, err := x.Digests(testNode(t, "members").ID(), Span{0, 1}, false); !errors.Is(err, ErrNotStored) {
		t.Errorf("of a node that is not stored: %v", err)
	}
}

// reasons returns why a node is stale.
func (x *fixture) reasons(m *Manifest) string {
	x.t.Helper()
	reasons, err := x.Stale(m)
	if err != nil {
		x.t.Fatal(err)
	}
	return strings.Join(reasons, "; ")
}

func TestStale(t *testing.T) {
	x := newFixture(t)
	input := x.prices()
	m := x.returns()
	if got := x.reasons(m); got != "" {
		t.Errorf("at once: %s", got)
	}

	// A part more, outside what was read, changes nothing.
	more := *input
	last := more.Parts[len(more.Parts)-1].Span
	more.Covered = more.Covered.Add(Span{last.End, last.End + aDay})
	x.commit(&more)
	if got := x.reasons(m); got != "" {
		t.Errorf("with more covered: %s", got)
	}

	// Other rows in what was read.
	x.snapshot("prices", Span{onDay(100), onDay(900)}, closes(0, 900, "AAA", "CCC"))
	if got := x.reasons(m); !strings.Contains(got, input.ID) || !strings.Contains(got, "has changed") {
		t.Errorf("with other rows: %s", got)
	}

	// Other parts.
	x.snapshot("prices", Span{onDay(102), onDay(900)}, closes(0, 900, "AAA", "BBB"))
	if got := x.reasons(m); !strings.Contains(got, "no longer has") {
		t.Errorf("with other parts: %s", got)
	}

	// The very same again.
	x.prices()
	if got := x.reasons(m); got != "" {
		t.Errorf("with the same rows again: %s", got)
	}

	if err := x.removeNode(input.ID); err != nil {
		t.Fatal(err)
	}
	if got := x.reasons(m); !strings.Contains(got, input.ID) || !strings.Contains(got, "no longer stored") {
		t.Errorf("without its input: %s", got)
	}
}

func TestStaleByAsOfRowsAlone(t *testing.T) {
	x := newFixture(t)
	all := closes(0, 900, "AAA", "BBB")
	x.snapshot("prices", Span{onDay(100), onDay(900)}, all)
	m := x.returns()
	other, err := frame.Concat(closes(0, 100, "AAA", "BBC"), all.Between(onDay(100), onDay(900)))
	if err != nil {
		t.Fatal(err)
	}
	x.snapshot("prices", Span{onDay(100), onDay(900)}, other)
	if got := x.reasons(m); !strings.Contains(got, "_before/") {
		t.Errorf("with other as-of rows: %q", got)
	}
}
