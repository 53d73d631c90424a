package databasetest

import (
	"context"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

func testNames(t *testing.T, h Harness) {
	v := begin(t, h, prices([]any{at("2022-01-03"), "A", 1.0}))
	try := func(change func(*graph.Table)) error {
		n := node()
		change(&n)
		_, err := v.Schema(context.Background(), n)
		return err
	}
	refused(t, try(func(n *graph.Table) { n.Name = "price" }), database.Missing, `"price"`, `"prices"`)
	refused(t, try(func(n *graph.Table) { n.Name = "Prices" }), database.Missing, `"Prices"`, `"prices"`)
	refused(t, try(func(n *graph.Table) { n.Columns = []string{"closing"} }), database.Missing, "prices", `"closing"`, `"close"`)
	refused(t, try(func(n *graph.Table) { n.Columns = []string{"Close"} }), database.Missing, `"Close"`, `"close"`)
	refused(t, try(func(n *graph.Table) { n.Key = []string{"time_index", "ticker"} }), database.Missing, `"ticker"`, "key")
	refused(t, try(func(n *graph.Table) { n.Rename = map[string]string{"clos": "price"} }), database.Missing, `"clos"`, `"close"`)
	refused(t, try(func(n *graph.Table) { n.Rename = map[string]string{"close": "unique_identifier"} }), database.Data, `"unique_identifier"`)
}

func testWrongTypes(t *testing.T, h Harness) {
	v := begin(t, h,
		Table{"texts", []Column{{"time_index", Text}, {"unique_identifier", Text}, {"close", Double}}, [][]any{{"3 January", "A", 1.0}}},
		Table{"numbers", []Column{{"time_index", BigInt}, {"unique_identifier", Text}, {"close", Double}}, [][]any{{int64(20220103), "A", 1.0}}},
		Table{"floats", []Column{{"time_index", TimestampTZ}, {"unique_identifier", Double}, {"close", Double}}, [][]any{{at("2022-01-03"), 1.0, 1.0}}},
		Table{"prices", []Column{{"time_index", TimestampTZ}, {"unique_identifier", Text}, {"held", Interval}, {"close", Double}}, [][]any{{at("2022-01-03"), "A", "3 days", 1.0}}},
		Table{"words", []Column{{"time_index", TimestampTZ}, {"unique_identifier", Text}, {"close", Text}}, [][]any{{at("2022-01-03"), "A", "n/a"}}},
	)
	for name, words := range map[string][]string{
		"texts":   {"texts", `"time_index"`, "query"},
		"numbers": {"numbers", `"time_index"`, "query"},
		"floats":  {"floats", `"unique_identifier"`},
		"prices":  {"prices", `"held"`, "interval"},
	} {
		n := node()
		n.Name = name
		_, err := v.Schema(context.Background(), n)
		refused(t, err, database.Data, words...)
		_, err = tryRead(v, n, beginning, end)
		refused(t, err, database.Data, words...)
	}
	expect(t, read(t, v, node("close"), beginning, end), "2022-01-03 A 1") // nobody asks for the interval
	words := node()
	words.Name = "words"
	expect(t, read(t, v, words, beginning, end), "2022-01-03 A n/a") // text is a type of its own
}

func testRename(t *testing.T, h Harness) {
	v := begin(t, h, Table{"prices", []Column{{"Adj Close", Double}, {"ticker", Text}, {"volume", BigInt}, {"date", Date}, {"open\"", Double}},
		[][]any{{1.5, "B", int64(7), at("2022-01-03"), 9.0}, {1.0, "A", int64(8), at("2022-01-03"), 9.5}}})
	n := node()
	n.Rename = map[string]string{"date": "time_index", "ticker": "unique_identifier", "Adj Close": "close", "open\"": "open"}
	expect(t, read(t, v, n, beginning, end), "2022-01-03 A 1 8 9.5", "2022-01-03 B 1.5 7 9")
	n.Columns = []string{"open", "close"}
	expect(t, read(t, v, n, beginning, end), "2022-01-03 A 9.5 1", "2022-01-03 B 9 1.5")
	n.Columns = []string{"unique_identifier", "close", "time_index"}
	expect(t, read(t, v, n, beginning, end), "2022-01-03 A 1", "2022-01-03 B 1.5")
	n.Columns = []string{}
	expect(t, read(t, v, n, beginning, end), "2022-01-03 A", "2022-01-03 B")
	n.Identifiers = []string{"B"}
	n.Columns = []string{"close"}
	expect(t, read(t, v, n, us("2022-01-03"), end), "2022-01-03 B 1.5")
	back(t, v, n, us("2022-01-04"), 1, "2022-01-03", false)
}

func testIdentifiers(t *testing.T, h Harness) {
	v := begin(t, h, prices(
		[]any{at("2022-01-03"), "A", 1.0}, []any{at("2022-01-04"), "O'Brien \\ \"x\" $1", 2.0}, []any{at("2022-01-05"), "é", 3.0}, []any{at("2022-01-05"), "a", 4.0},
	))
	n := node()
	n.Identifiers = []string{"é", "O'Brien \\ \"x\" $1", "A", "NOBODY", "A"}
	expect(t, read(t, v, n, beginning, end), "2022-01-03 A 1", "2022-01-04 O'Brien \\ \"x\" $1 2", "2022-01-05 é 3")
	n.Identifiers = []string{"a"}
	back(t, v, n, us("2023-01-01"), 1, "2022-01-05", false)
	back(t, v, n, us("2023-01-01"), 2, "2022-01-05", true)
	f, err := v.Before(context.Background(), n, us("2023-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, lines(f), "2022-01-05 a 4")
	n.Identifiers = []string{"NOBODY"}
	expect(t, read(t, v, n, beginning, end))
}

func testQuery(t *testing.T, h Harness) {
	v := begin(t, h, prices([]any{at("2022-01-04"), "B", 2.0}, []any{at("2022-01-03"), "A", 1.0}))
	n := node()
	n.Name = ""
	n.Query = "select time_index, unique_identifier as ticker, 10 * close as ten, close from prices where close > 0; -- all"
	n.Rename = map[string]string{"ticker": "unique_identifier"}
	expect(t, read(t, v, n, beginning, end), "2022-01-03 A 10 1", "2022-01-04 B 20 2")
	n.Columns = []string{"ten"}
	n.Identifiers = []string{"B"}
	expect(t, read(t, v, n, us("2022-01-03"), end), "2022-01-04 B 20")
	back(t, v, n, us("2022-01-05"), 1, "2022-01-04", false)

	n.Columns, n.Identifiers = nil, nil
	n.Query = "select time_index, close from prices"
	_, err := v.Schema(context.Background(), n)
	refused(t, err, database.Missing, `"ticker"`)
	for _, q := range []string{
		"delete from prices", "drop table prices", "select 1; drop table prices", "insert into prices select * from prices",
		"create table evil as select 1", "copy prices to '/tmp/tdlake-evil.csv'", "with x as (delete from prices returning *) select * from x",
		"select from where", "", "selec 1",
	} {
		n.Query, n.Rename = q, nil
		if q == "" {
			continue
		}
		_, err := tryRead(v, n, beginning, end)
		refused(t, err, database.Data)
	}
	expect(t, read(t, v, node(), beginning, end), "2022-01-03 A 1", "2022-01-04 B 2")
}

func testWideKey(t *testing.T, h Harness) {
	v := begin(t, h, Table{"prices", []Column{{"unique_identifier", Text}, {"weight_pct", Double}, {"etf", Text}, {"time_index", TimestampTZ}, {"rank", BigInt}}, [][]any{
		{"JPM", 10.0, "XLF", at("2022-01-03"), int64(10)}, {"XOM", 20.0, "XLE", at("2022-01-03"), int64(9)}, {"JPM", 1.0, "XLE", at("2022-01-03"), int64(1)}, {"BAC", 5.0, "XLF", at("2021-12-31"), int64(2)},
	}})
	n := graph.Table{Name: "prices", Key: []string{"time_index", "etf", "unique_identifier"}, Columns: []string{"etf", "weight_pct"}}
	expect(t, read(t, v, n, beginning, end), "2021-12-31 XLF BAC 5", "2022-01-03 XLE JPM 1", "2022-01-03 XLE XOM 20", "2022-01-03 XLF JPM 10")
	n = graph.Table{Name: "prices", Key: []string{"time_index", "rank"}, Columns: []string{"weight_pct"}} // numbers in a key sort as numbers
	expect(t, read(t, v, n, beginning, end), "2021-12-31 2 5", "2022-01-03 1 1", "2022-01-03 9 20", "2022-01-03 10 10")
	n = graph.Table{Name: "prices", Key: []string{"time_index"}, Columns: []string{"weight_pct"}}
	expect(t, read(t, v, n, beginning, us("2022-01-01")), "2021-12-31 5")
}

// back expects the n-th time before, or, where it is "", `before` itself.
func back(t *testing.T, v View, n graph.Table, before int64, rows int, want string, wantShort bool) {
	t.Helper()
	got, short, err := v.Back(context.Background(), n, before, rows)
	if err != nil {
		t.Error(err)
		return
	}
	wantAt := before
	if want != "" {
		wantAt = us(want)
	}
	if got != wantAt || short != wantShort {
		t.Errorf("%d back from %d is %d (short: %v), want %d (%v)", rows, before, got, short, wantAt, wantShort)
	}
}

func testBack(t *testing.T, h Harness) {
	v := begin(t, h, prices(
		[]any{at("2022-01-05"), "A", nil}, []any{at("2022-01-05"), "B", 3.0}, []any{at("2022-01-03"), "A", 1.0}, []any{at("2022-01-03"), "B", 1.0},
		[]any{at("2022-01-04"), "B", 2.0}, []any{at("2022-01-10"), "A", 2.0},
	))
	back(t, v, node(), us("2022-01-05"), 1, "2022-01-04", false)
	back(t, v, node(), us("2022-01-05")+1, 1, "2022-01-05", false)
	back(t, v, node(), us("2022-01-08"), 3, "2022-01-03", false)
	back(t, v, node(), us("2022-01-08"), 4, "2022-01-03", true)
	back(t, v, node(), us("2022-01-08"), 1_000_000, "2022-01-03", true)
	back(t, v, node(), us("2022-01-03"), 1, "", true)
	back(t, v, node(), us("2030-01-01"), 2, "2022-01-05", false)
	back(t, v, node(), us("2022-01-05"), 2, "2022-01-03", false)
	back(t, v, node(), us("2022-01-05"), 0, "", false)
}

func testBefore(t *testing.T, h Harness) {
	columns := []Column{{"time_index", TimestampTZ}, {"unique_identifier", Text}, {"a", Double}, {"b", BigInt}, {"c", Text}}
	v := begin(t, h, Table{"prices", columns, [][]any{
		{at("2022-01-06"), "X", nil, nil, nil},
		{at("2022-01-05"), "X", nil, int64(2), nil},
		{at("2022-01-04"), "X", 1.0, nil, "c"},
		{at("2022-01-03"), "X", 9.0, int64(9), "old"},
		{at("2022-01-05"), "É", 5.0, int64(5), "five"},
		{at("2022-01-02"), "É", 4.0, int64(4), "four"},
		{at("2022-01-09"), "É", 7.0, int64(7), "later"},
		{at("2022-01-03"), "N", nil, nil, nil},
		{at("2022-01-02"), "N", nil, nil, nil},
	}})
	before := func(n graph.Table, at string) []string {
		t.Helper()
		f, err := v.Before(context.Background(), n, us(at))
		if err != nil {
			t.Fatal(err)
		}
		return lines(f)
	}
	expect(t, before(node(), "2022-01-09"),
		"2022-01-03 N - - -", "2022-01-04 X 1 - c", "2022-01-05 X - 2 -", "2022-01-05 É 5 5 five", "2022-01-06 X - - -")
	expect(t, before(node("b"), "2022-01-09"), "2022-01-03 N -", "2022-01-05 X 2", "2022-01-05 É 5", "2022-01-06 X -")
	expect(t, before(node(), "2022-01-05"), "2022-01-02 É 4 4 four", "2022-01-03 N - - -", "2022-01-03 X 9 9 old", "2022-01-04 X 1 - c")
	expect(t, before(node(), "2022-01-02"))
	keys := node()
	keys.Columns = []string{}
	expect(t, before(keys, "2022-01-09"), "2022-01-03 N", "2022-01-05 É", "2022-01-06 X")
	expect(t, before(keys, "2022-01-02"))
	keys.Identifiers = []string{"É", "Y"}
	expect(t, before(keys, "2022-01-05"), "2022-01-02 É")
	keys = graph.Table{Name: "prices", Key: []string{"time_index"}, Columns: []string{}, Identifiers: []string{"N"}}
	expect(t, before(keys, "2022-01-09"), "2022-01-03")
	expect(t, before(keys, "2022-01-02"))

	one := graph.Table{Name: "prices", Key: []string{"time_index"}, Columns: []string{"a"}, Identifiers: nil}
	v = begin(t, h, Table{"prices", columns, [][]any{{at("2022-01-03"), "X", 1.0, nil, nil}, {at("2022-01-04"), "X", nil, nil, nil}, {at("2022-01-02"), "X", 0.5, nil, nil}}})
	expect(t, before(one, "2022-01-05"), "2022-01-03 1", "2022-01-04 -")
}

// testWide: a column an identifier becomes rows; what is missing makes none.
func testWide(t *testing.T, h Harness) {
	v := begin(t, h, Table{"closes", []Column{{"day", Date}, {"AAA", Double}, {"bb b", Double}, {"n", BigInt}, {"note", Text}}, [][]any{
		{at("2022-01-04"), 1.5, nil, int64(7), "x"}, {at("2022-01-03"), 2.5, 3.0, nil, "y"},
	}})
	n := graph.Table{Query: `select day, "AAA", "bb b", n from closes`, Key: []string{"time_index", "unique_identifier"}, Rename: map[string]string{"day": "time_index", "bb b": "BBB"}, WideName: "unique_identifier", WideValue: "close"}
	expect(t, read(t, v, n, beginning, end), "2022-01-03 AAA 2.5", "2022-01-03 BBB 3", "2022-01-04 AAA 1.5", "2022-01-04 n 7")
	expect(t, read(t, v, n, us("2022-01-04"), end), "2022-01-04 AAA 1.5", "2022-01-04 n 7")
	back(t, v, n, us("2022-01-05"), 1, "2022-01-04", false)
	n.Identifiers = []string{"BBB"}
	expect(t, read(t, v, n, beginning, end), "2022-01-03 BBB 3")
	n = graph.Table{Name: "closes", Key: []string{"time_index", "unique_identifier"}, Rename: map[string]string{"day": "time_index"}, WideName: "unique_identifier", WideValue: "close"}
	_, err := v.Schema(context.Background(), n)
	refused(t, err, database.Data, `"note"`, "numbers")
}

// testTimezone: times without a zone are where the node says; where it does not, they are in UTC, and that is said.
func testTimezone(t *testing.T, h Harness) {
	v := begin(t, h)
	n := graph.Table{Query: "select timestamp '2024-07-01 09:30:00' as time_index, 'A' as unique_identifier, 1.5::double precision as v union all select timestamp '2024-01-02 09:30:00', 'A', 2.5",
		Key: []string{"time_index", "unique_identifier"}, Timezone: "America/New_York"}
	expect(t, read(t, v, n, beginning, end), "2024-01-02T14:30:00 A 2.5", "2024-07-01T13:30:00 A 1.5")
	expect(t, read(t, v, n, us("2024-07-01 13:30:00"), end), "2024-07-01T13:30:00 A 1.5")
	back(t, v, n, us("2024-07-01 13:30:00"), 1, "2024-01-02 14:30:00", false)
	if said := strings.Join(v.Warnings(), ""); said != "" {
		t.Error(said)
	}
	n.Timezone = ""
	expect(t, read(t, v, n, beginning, end), "2024-01-02T09:30:00 A 2.5", "2024-07-01T09:30:00 A 1.5")
	if said := strings.Join(v.Warnings(), ""); !strings.Contains(said, "times without a zone") || !strings.Contains(said, "taken as UTC") {
		t.Error(said)
	}
}
