package databasetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

func testOrder(t *testing.T, h Harness) {
	v := begin(t, h, prices(
		[]any{at("2022-01-04"), "Z", 5.0},
		[]any{at("2022-01-03"), "中", 4.0},
		[]any{at("2022-01-03"), "é", 3.0},
		[]any{at("2022-01-03"), "a", 2.0},
		[]any{at("2022-01-03"), "Z", 1.0},
		[]any{at("2022-01-03"), "a b", 2.5},
		[]any{at("2022-01-03"), "_", 1.5},
		[]any{at("2022-01-03"), "\U0001F600", 4.5},
		[]any{at("2022-01-03"), "\uFF5E", 4.25},
	))
	expect(t, read(t, v, node(), beginning, end),
		"2022-01-03 Z 1", "2022-01-03 _ 1.5", "2022-01-03 a 2", "2022-01-03 a b 2.5", "2022-01-03 é 3", "2022-01-03 中 4",
		"2022-01-03 \uFF5E 4.25", "2022-01-03 \U0001F600 4.5", "2022-01-04 Z 5")
}

func testRanges(t *testing.T, h Harness) {
	v := begin(t, h, prices(
		[]any{at("2022-01-05"), "A", 3.0},
		[]any{at("2022-01-03"), "A", 1.0},
		[]any{at("2022-01-04"), "A", 2.0},
		[]any{at("1969-12-31 23:59:59.999999"), "A", 0.5},
	))
	expect(t, read(t, v, node(), us("2022-01-03"), us("2022-01-05")), "2022-01-03 A 1", "2022-01-04 A 2")
	expect(t, read(t, v, node(), us("2022-01-03")+1, us("2022-01-05")+1), "2022-01-04 A 2", "2022-01-05 A 3")
	expect(t, read(t, v, node(), beginning, 0), "1969-12-31T23:59:59.999999 A 0.5")
	expect(t, read(t, v, node(), 0, us("2022-01-03")))
	expect(t, read(t, v, node(), us("2022-01-05"), us("2022-01-03")))
}

func testTypes(t *testing.T, h Harness) {
	v := begin(t, h, Table{"prices", []Column{
		{"time_index", TimestampTZ}, {"unique_identifier", Text}, {"d", Double}, {"i", BigInt}, {"s", SmallInt},
		{"b", Bool}, {"x", Text}, {"z", TimestampTZ}, {"w", Timestamp}, {"day", Date}, {"m", Decimal},
	}, [][]any{
		{at("2022-01-03"), "A", 0.1, int64(math.MaxInt64), int64(-5), true, "o'clock \"x\"", at("2022-01-01 04:00:00"), at("2022-01-01 05:30:00.000001"), at("1969-12-31"), "12345678901.123456"},
		{at("2022-01-03"), "B", nil, nil, nil, nil, nil, nil, nil, nil, nil},
		{at("2022-01-03"), "C", -1e300, int64(math.MinInt64), int64(32767), false, "", at("1960-01-01"), at("2022-06-01"), at("2024-02-29"), "-0.1"},
	}})
	schema, err := v.Schema(context.Background(), node())
	if err != nil {
		t.Fatal(err)
	}
	const want = "time_index timestamp, unique_identifier string, d float, i int, s int, b bool, x string, z timestamp, w timestamp, day date, m float"
	if schema.String() != want || schema.Key != 2 {
		t.Errorf("the schema is (%s) with a key of %d, want (%s)", schema, schema.Key, want)
	}
	expect(t, read(t, v, node(), beginning, end),
		"2022-01-03 A 0.1 9223372036854775807 -5 true o'clock \"x\" 2022-01-01T04:00:00 2022-01-01T05:30:00.000001 1969-12-31 1.2345678901123455e+10",
		"2022-01-03 B - - - - - - - - -",
		"2022-01-03 C -1e+300 -9223372036854775808 32767 false  1960-01-01 2022-06-01 2024-02-29 -0.1")
	read(t, v, node(), beginning, end)
	warned := strings.Join(v.Warnings(), "\n")
	if strings.Count(warned, `"m"`) != 1 || strings.Count(warned, "times without a zone") != 1 || strings.Count(warned, "\n") != 1 {
		t.Errorf("the warnings should say once that column \"m\" is a decimal and \"w\" without a zone, and nothing else; they are:\n%s", warned)
	}
}

func testTimes(t *testing.T, h Harness) {
	// Daily stamps at midnight in New York: 05:00Z in winter, 04:00Z in summer.
	v := begin(t, h, prices([]any{at("2022-03-14 04:00:00"), "A", 2.0}, []any{at("2022-03-11 05:00:00"), "A", 1.0}),
		Table{"dated", []Column{{"time_index", Date}, {"unique_identifier", Text}, {"close", Double}}, [][]any{
			{at("2022-01-04"), "A", 2.0}, {at("2022-01-03"), "A", 1.0}, {at("1969-12-31"), "A", 0.5},
		}},
		Table{"naive", []Column{{"time_index", Timestamp}, {"unique_identifier", Text}, {"close", Double}}, [][]any{
			{at("2022-07-04 00:30:00.000001"), "A", 2.0}, {at("2022-01-03 23:59:59"), "A", 1.0},
		}})
	expect(t, read(t, v, node(), us("2022-03-11 05:00:00"), us("2022-03-14 04:00:00.000001")), "2022-03-11T05:00:00 A 1", "2022-03-14T04:00:00 A 2")
	dated, naive := node(), node()
	dated.Name, naive.Name = "dated", "naive"
	expect(t, read(t, v, dated, beginning, us("2022-01-04")), "1969-12-31 A 0.5", "2022-01-03 A 1")
	expect(t, read(t, v, dated, us("2022-01-03")+1, us("2022-01-04")+1), "2022-01-04 A 2")
	expect(t, read(t, v, naive, us("2022-01-03 23:59:59"), us("2022-07-04 00:30:00.000001")), "2022-01-03T23:59:59 A 1")
	expect(t, read(t, v, naive, us("2022-01-04"), end), "2022-07-04T00:30:00.000001 A 2")
	back(t, v, dated, us("2022-01-04")+1, 1, "2022-01-04", false)
	back(t, v, dated, us("2022-01-04"), 2, "1969-12-31", false)
	back(t, v, naive, us("2022-07-05"), 2, "2022-01-03 23:59:59", false)
	f, err := v.Before(context.Background(), dated, us("2022-01-03")+1)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, lines(f), "2022-01-03 A 1")
}

func testMissingValues(t *testing.T, h Harness) {
	v := begin(t, h, prices(
		[]any{at("2022-01-03"), "A", math.NaN()},
		[]any{at("2022-01-04"), "A", math.Inf(1)},
		[]any{at("2022-01-05"), "A", math.Inf(-1)},
		[]any{at("2022-01-06"), "A", nil},
		[]any{at("2022-01-07"), "A", 1.0},
	))
	expect(t, read(t, v, node(), beginning, end), "2022-01-03 A -", "2022-01-04 A -", "2022-01-05 A -", "2022-01-06 A -", "2022-01-07 A 1")
	warned := strings.Join(v.Warnings(), "\n")
	for _, w := range []string{"prices", `"close"`, "2 infinite"} {
		if !strings.Contains(warned, w) {
			t.Errorf("no warning says %q; they are:\n%s", w, warned)
		}
	}
	f, err := v.Before(context.Background(), node(), us("2022-01-07"))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, lines(f), "2022-01-06 A -")
}

func testDuplicates(t *testing.T, h Harness) {
	v := begin(t, h, prices(
		[]any{at("2022-01-03"), "A", 1.0}, []any{at("2022-01-04 12:00:00"), "B'é", 2.0}, []any{at("2022-01-05"), "A", 1.0}, []any{at("2022-01-04 12:00:00"), "B'é", 2.0},
	))
	_, err := tryRead(v, node(), beginning, end)
	refused(t, err, database.Data, "prices", "2022-01-04T12:00:00Z", "B'é", "time_index", "unique_identifier")
	expect(t, read(t, v, node(), us("2022-01-05"), end), "2022-01-05 A 1")

	// Rows that differ only in a column outside the key are duplicates too.
	short := node()
	short.Key = []string{"time_index"}
	v = begin(t, h, prices([]any{at("2022-01-03"), "A", 1.0}, []any{at("2022-01-03"), "B", 1.0}))
	_, err = tryRead(v, short, beginning, end)
	refused(t, err, database.Data, "2022-01-03")
}

func testNullKeys(t *testing.T, h Harness) {
	v := begin(t, h, prices([]any{at("2022-01-03"), nil, 1.0}, []any{at("2022-01-04"), "A", 1.0}, []any{at("2022-01-04"), nil, 1.0}))
	_, err := tryRead(v, node(), beginning, end)
	refused(t, err, database.Data, "prices", `"unique_identifier"`, "2")
	v = begin(t, h, prices([]any{nil, "A", 1.0}, []any{at("2022-01-04"), "A", 1.0}))
	_, err = tryRead(v, node(), beginning, end)
	refused(t, err, database.Data, "prices", `"time_index"`, "1")
}

// A row without an identifier is in nobody's way where it is not asked for, and nobody's last row.
func testNullKeysOutside(t *testing.T, h Harness) {
	v := begin(t, h, prices([]any{at("2010-01-03"), nil, 1.0}, []any{at("2021-01-03"), "A", nil}, []any{at("2021-01-04"), nil, 7.0}, []any{at("2020-01-04"), "A", 2.0},
		[]any{at("2022-01-04"), "A", 1.0}, []any{at("2022-01-05"), "B", 1.0}, []any{at("2023-01-04"), nil, 1.0}))
	expect(t, read(t, v, node(), us("2022-01-01"), us("2023-01-01")), "2022-01-04 A 1", "2022-01-05 B 1")
	f, err := v.Before(context.Background(), node(), us("2022-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, lines(f), "2020-01-04 A 2", "2021-01-03 A -")
	for _, to := range []string{"2023-01-05", "2030-01-01"} {
		_, err := tryRead(v, node(), us("2022-01-01"), us(to))
		refused(t, err, database.Data, "prices", `"unique_identifier"`, "1")
	}
	expect(t, read(t, v, node(), us("2022-01-05"), us("2023-01-04")), "2022-01-05 B 1")
}

func testEmpty(t *testing.T, h Harness) {
	v := begin(t, h, prices())
	expect(t, read(t, v, node("close"), beginning, end))
	back(t, v, node(), 5, 3, "", true)
	f, err := v.Before(context.Background(), node(), 5)
	if err != nil {
		t.Fatal(err)
	}
	if f.Rows() != 0 || f.Schema().String() != "time_index timestamp, unique_identifier string, close float" {
		t.Errorf("before an empty table there are %d rows of (%s)", f.Rows(), f.Schema())
	}
}

// big is a table of n rows, the last first.
func big(n int) Table {
	rows := make([][]any, n)
	for i := range rows {
		k := n - 1 - i
		rows[i] = []any{at("2020-01-01").Add(time.Duration(k/100) * time.Hour), fmt.Sprintf("ID%02d", k%100), float64(k)}
	}
	return prices(rows...)
}

func testBatches(t *testing.T, h Harness) {
	const n = 70_000
	v := begin(t, h, big(n))
	row := 0
	for f, err := range v.Rows(context.Background(), node(), beginning, end) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Rows() == 0 || f.Rows() > 65_536 {
			t.Errorf("a batch has %d rows", f.Rows())
		}
		vals, err := f.Floats("close")
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range vals {
			if x != float64(row) || f.Times()[i] != us("2020-01-01")+int64(row/100)*3_600_000_000 {
				t.Fatalf("row %d is %v", row, x)
			}
			row++
		}
	}
	if row != n {
		t.Errorf("%d rows of %d", row, n)
	}
	// Reading may be left off; the view goes on.
	for range v.Rows(context.Background(), node(), beginning, end) {
		break
	}
	back(t, v, node(), us("2020-01-01 02:00:00"), 1, "2020-01-01 01:00:00", false)
}

func testCancel(t *testing.T, h Harness) {
	v := begin(t, h, big(70_000))
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last error
	batches := 0
	for _, err := range v.Rows(ctx, node(), beginning, end) {
		batches++
		last = err
		cancel()
	}
	if !errors.Is(last, context.Canceled) || batches != 2 {
		t.Errorf("after cancelling in the first batch, batch %d came with the error %v", batches, last)
	}
	if _, _, err := v.Back(ctx, node(), 0, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Back under a cancelled context: %v", err)
	}
}

func testViews(t *testing.T, h Harness) {
	s := h.Open(t, prices([]any{at("2022-01-03"), "A", 1.0}))
	if s.Name() == "" {
		t.Error("the source has no name")
	}
	for range 3 {
		v, err := s.Begin(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		expect(t, read(t, v, graph.Table{Name: "prices", Key: node().Key}, beginning, end), "2022-01-03 A 1")
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	}
}

func testAt(t *testing.T, h Harness) {
	v := begin(t, h, prices(
		[]any{at("2022-01-04"), "B", 5.0}, []any{at("2022-01-03 10:00:00.000001"), "A", 2.0}, []any{at("2022-01-03 10:00:00"), "B", math.NaN()},
		[]any{at("2022-01-03 10:00:00"), "A", 1.0}, []any{at("1969-12-31 23:59:59.999999"), "A", 0.5}, []any{at("2022-01-05"), "A", 6.0},
	), Table{"dated", []Column{{"time_index", Date}, {"unique_identifier", Text}, {"close", Double}}, [][]any{
		{at("2022-01-04"), "A", 2.0}, {at("2022-01-03"), "A", 1.0}, {at("1969-12-31"), "A", 0.5},
	}}, Table{"naive", []Column{{"time_index", Timestamp}, {"unique_identifier", Text}, {"close", Double}}, [][]any{
		{at("2022-07-04 00:30:00.000001"), "A", 2.0}, {at("2022-01-03 23:59:59"), "A", 1.0},
	}})
	read := func(n graph.Table, times ...string) []string {
		t.Helper()
		all := make([]int64, len(times))
		for i, s := range times {
			all[i] = us(s)
		}
		f, err := v.At(context.Background(), n, all)
		if err != nil {
			t.Fatal(err)
		}
		return lines(f)
	}
	expect(t, read(node(), "2022-01-04", "2022-01-03 10:00:00", "1969-12-31 23:59:59.999999", "2022-01-03"),
		"1969-12-31T23:59:59.999999 A 0.5", "2022-01-03T10:00:00 A 1", "2022-01-03T10:00:00 B -", "2022-01-04 B 5")
	expect(t, read(node()))
	few := node()
	few.Identifiers = []string{"B"}
	expect(t, read(few, "2022-01-03 10:00:00", "2022-01-05"), "2022-01-03T10:00:00 B -")
	dated, naive := node(), node()
	dated.Name, naive.Name = "dated", "naive"
	expect(t, read(dated, "2022-01-04", "1969-12-31", "2022-01-02 12:00:00"), "1969-12-31 A 0.5", "2022-01-04 A 2")
	expect(t, read(dated, "2022-01-02 12:00:00"))
	expect(t, read(naive, "2022-07-04 00:30:00.000001", "2022-07-04 00:30:00"), "2022-07-04T00:30:00.000001 A 2")
}
