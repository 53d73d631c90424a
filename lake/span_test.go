package lake

import (
	"encoding/json"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The model of a set of times is which of the first few microseconds are in it; the first of them stands for all before.
const modelTimes = 24

type timeSet [modelTimes]bool

func setOf(spans ...Span) (set timeSet) {
	for _, s := range spans {
		for t := max(s.Start, 0); t < min(s.End, modelTimes); t++ {
			set[t] = true
		}
	}
	return set
}

// drawSpan draws a span, now and then an empty or a turned one, or one since the beginning of history.
func drawSpan(t *rapid.T, label string) Span {
	s := Span{rapid.Int64Range(1, modelTimes).Draw(t, label+" start"), rapid.Int64Range(1, modelTimes).Draw(t, label+" end")}
	if rapid.IntRange(0, 9).Draw(t, label+" since ever") == 0 {
		s.Start = beginning
	}
	return s
}

func drawSpans(t *rapid.T) (a Spans) {
	for range rapid.IntRange(0, 5).Draw(t, "spans") {
		a = a.Add(drawSpan(t, "added"))
	}
	return a
}

// checkForm fails where spans are empty, out of order, or could be one.
func checkForm(t *rapid.T, a Spans) {
	for i, s := range a {
		if s.Empty() || i > 0 && a[i-1].End >= s.Start {
			t.Fatalf("not in normal form: %v", a)
		}
	}
}

func TestSpansAreASetOfTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, s := drawSpans(t), drawSpan(t, "s")
		was := slices.Clone(a)
		had, has := setOf(a...), setOf(s)

		added, removed, missing := a.Add(s), a.remove(s), a.Missing(s)
		for _, spans := range []Spans{a, added, removed, missing} {
			checkForm(t, spans)
		}
		for i := range modelTimes {
			at := int64(i)
			for _, c := range []struct {
				name      string
				got, want bool
			}{
				{"Add", setOf(added...)[i], had[i] || has[i]},
				{"remove", setOf(removed...)[i], had[i] && !has[i]},
				{"Missing", setOf(missing...)[i], has[i] && !had[i]},
			} {
				if c.got != c.want {
					t.Fatalf("%v %s %v: %d is in it: %v", a, c.name, s, at, c.got)
				}
			}
			span, ok := a.At(at)
			if ok != had[i] || ok && (span.Start > at || span.End <= at) {
				t.Fatalf("%v At %d: %v, %v", a, at, span, ok)
			}
		}
		if !slices.Equal(a, was) {
			t.Fatalf("%v became %v", was, a)
		}
	})
}

func TestSpansAlgebra(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, s, o := drawSpans(t), drawSpan(t, "s"), drawSpan(t, "o")
		if !slices.Equal(a.Add(s).Add(o), a.Add(o).Add(s)) {
			t.Fatalf("%v: adding %v and %v depends on their order", a, s, o)
		}
		if !slices.Equal(a.Add(s).Add(s), a.Add(s)) {
			t.Fatalf("%v: adding %v twice", a, s)
		}
		if !a.Add(s).Covers(s) {
			t.Fatalf("%v with %v does not cover it", a, s)
		}
		if a.Covers(s) != (len(a.Missing(s)) == 0) || a.Covers(s) != slices.Equal(a.Add(s), a) {
			t.Fatalf("%v Covers %v: %v, missing %v", a, s, a.Covers(s), a.Missing(s))
		}
		if !s.Empty() && a.remove(s).Covers(s) {
			t.Fatalf("%v without %v covers it", a, s)
		}
		whole := a.remove(s)
		for _, m := range a.Missing(s) {
			whole = whole.Add(m)
		}
		if got, want := setOf(whole.Add(s)...), setOf(a.Add(s)...); got != want {
			t.Fatalf("%v taken apart by %v: %v", a, s, whole)
		}
	})
}

func TestSpan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSpan(t, "a"), drawSpan(t, "b")
		setA, setB, both := setOf(a), setOf(b), setOf(a.Clip(b))
		overlap, contained := false, true
		for i := range modelTimes {
			if both[i] != (setA[i] && setB[i]) {
				t.Fatalf("%v Clip %v: %v", a, b, a.Clip(b))
			}
			overlap = overlap || both[i]
			contained = contained && (setA[i] || !setB[i])
		}
		if a.Overlaps(b) != overlap || a.Overlaps(b) != b.Overlaps(a) || a.Overlaps(b) == a.Clip(b).Empty() {
			t.Fatalf("%v Overlaps %v: %v", a, b, a.Overlaps(b))
		}
		if a.Contains(b) != contained {
			t.Fatalf("%v Contains %v: %v", a, b, a.Contains(b))
		}
	})
}

func TestSinceTheBeginning(t *testing.T) {
	day := int64(86400e6)
	a := Spans{{beginning, day}}
	if !a.Covers(Span{minTime, day}) || !a.Covers(Span{beginning, day}) || a.Covers(Span{beginning, day + 1}) {
		t.Errorf("%v covers the wrong spans", a)
	}
	if got := a.Missing(Span{beginning, 2 * day}); !slices.Equal(got, Spans{{day, 2 * day}}) {
		t.Errorf("missing %v", got)
	}
	if got := (Spans{{day, 2 * day}}).Missing(Span{beginning, 3 * day}); !slices.Equal(got, Spans{{beginning, day}, {2 * day, 3 * day}}) {
		t.Errorf("missing %v", got)
	}
	if got, want := (Span{beginning, day}).String(), "the beginning to 1970-01-02"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
}

func TestSpansInJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.Int64Range(minTime, maxTime-1).Draw(t, "start")
		s := Span{start, rapid.Int64Range(start+1, maxTime).Draw(t, "end")}
		if rapid.Bool().Draw(t, "since ever") {
			s.Start = beginning
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Span
		if err := json.Unmarshal(text, &back); err != nil || back != s {
			t.Fatalf("%s: %v, %v", text, back, err)
		}
	})
	for _, bad := range []string{
		`{"start": "2020-01-02T00:00:00Z", "end": "2020-01-02T00:00:00Z"}`,
		`{"start": "2020-01-02T00:00:00Z", "end": "2020-01-01T00:00:00Z"}`,
		`{"start": "2020-01-01T01:00:00+01:00", "end": "2020-01-02T00:00:00Z"}`,
		`{"start": "2020-01-01T00:00:00.0000001Z", "end": "2020-01-02T00:00:00Z"}`,
		`{"start": "2020-01-01T00:00:00.500Z", "end": "2020-01-02T00:00:00Z"}`,
		`{"start": "2020-01-01", "end": "2020-01-02"}`,
		`{"start": "-infinity", "end": "-infinity"}`,
		`{"start": "-infinity", "end": "2020-01-02T00:00:00Z", "more": 1}`,
		`{"start": "-infinity"}`,
		`null`,
		`[]`,
	} {
		if err := new(Span).UnmarshalJSON([]byte(bad)); err == nil {
			t.Errorf("%s was read", bad)
		}
	}
}
