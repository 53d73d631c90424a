package databasetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Run holds a source against all its promises.
func Run(t *testing.T, h Harness) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, h Harness)
	}{
		{"order", testOrder},
		{"ranges", testRanges},
		{"types", testTypes},
		{"times", testTimes},
		{"missing values", testMissingValues},
		{"duplicates", testDuplicates},
		{"null keys", testNullKeys},
		{"null keys outside", testNullKeysOutside},
		{"names that aren't there", testNames},
		{"wrong types", testWrongTypes},
		{"rename and columns", testRename},
		{"identifiers", testIdentifiers},
		{"query", testQuery},
		{"wide", testWide},
		{"timezone", testTimezone},
		{"three columns in the key", testWideKey},
		{"back", testBack},
		{"at", testAt},
		{"before", testBefore},
		{"own", testOwn},
		{"empty", testEmpty},
		{"batches", testBatches},
		{"cancel", testCancel},
		{"views", testViews},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, h) })
	}
}

// beginning is the start of a range that has none.
const beginning, end = math.MinInt64, math.MaxInt64

// at parses a time of the suite: a date, or a date and time in UTC.
func at(s string) time.Time {
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04:05.999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	panic("databasetest: no time: " + s)
}

func us(s string) int64 { return at(s).UnixMicro() }

// prices is the table that most tests use: out of order, its identifiers beyond ASCII.
func prices(rows ...[]any) Table {
	return Table{"prices", []Column{{"time_index", TimestampTZ}, {"unique_identifier", Text}, {"close", Double}}, rows}
}

func node(columns ...string) graph.Table {
	return graph.Table{Name: "prices", Key: []string{"time_index", "unique_identifier"}, Columns: columns}
}

func begin(t *testing.T, h Harness, tables ...Table) View {
	t.Helper()
	v, err := h.Open(t, tables...).Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	held := []graph.Table{{Name: "not there", Key: node().Key}}
	for _, table := range tables {
		held = append(held, graph.Table{Name: table.Name, Key: node().Key})
	}
	if err := v.Hold(context.Background(), held); err != nil {
		t.Error(err)
	}
	return v
}

// read returns the rows as lines, one value after the other, "-" where it is missing.
func read(t *testing.T, v View, n graph.Table, from, to int64) []string {
	t.Helper()
	out, err := tryRead(v, n, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryRead(v View, n graph.Table, from, to int64) ([]string, error) {
	ctx := context.Background()
	schema, err := v.Schema(ctx, n)
	if err != nil {
		return nil, err
	}
	var out []string
	for f, err := range v.Rows(ctx, n, from, to) {
		if err != nil {
			return out, err
		}
		if !f.Schema().Equal(schema) {
			return out, fmt.Errorf("a batch has the columns (%s), not (%s)", f.Schema(), schema)
		}
		out = append(out, lines(f)...)
	}
	return out, nil
}

func lines(f *frame.Frame) []string {
	out := make([]string, f.Rows())
	for i := range out {
		row := make([]string, len(f.Schema().Fields))
		for k, field := range f.Schema().Fields {
			c := f.Column(k)
			switch {
			case c.IsNull(i):
				row[k] = "-"
			case field.Type == frame.Timestamp:
				row[k] = stamp(c.ValueStr(i))
			default:
				row[k] = c.ValueStr(i)
			}
		}
		out[i] = strings.Join(row, " ")
	}
	return out
}

// stamp writes a time without what it does not need.
func stamp(s string) string {
	s = strings.TrimSuffix(strings.Replace(s, " ", "T", 1), "Z")
	return strings.TrimSuffix(s, "T00:00:00")
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// refused expects an error of a kind whose message, with its hint, holds all of these words.
func refused(t *testing.T, err error, kind database.Kind, words ...string) {
	t.Helper()
	if !database.IsKind(err, kind) {
		t.Errorf("got the error %v, want one of the kind %q", err, kind)
		return
	}
	var e *database.Error
	errors.As(err, &e)
	said := e.Error() + "\n" + e.Hint()
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("nothing says %q in:\n%s", w, said)
		}
	}
}
