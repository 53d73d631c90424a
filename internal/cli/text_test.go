package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
)

// TestTextReachesDuckDB draws texts of what ends or escapes something in SQL, on the command line and in the file, and asks DuckDB what arrives.
func TestTextReachesDuckDB(t *testing.T) {
	db, err := duck.Open(t.Context(), duck.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	nasty := rapid.StringOfN(rapid.SampledFrom([]rune("'\"\\-/*;$()[], \n\teEuU1.=é|#:&")), 1, 10, -1)
	rapid.Check(t, func(t *rapid.T) {
		x := nasty.Draw(t, "x")
		where := rapid.SampledFrom([]string{"'${x}'", "e'${x}'", "$t$${x}$t$", "'a${x}b'", "array['${x}'][1]", "${list}[1]", "'a' /* ${x} */", "'a' -- ${x}\n", "'a'||${x}"}).Draw(t, "where")
		quoted, _ := json.Marshal(x)
		text := "datalake_name: x\ndatalake_start: 2024-01-01\ndatalake_end: 2025-01-01\ndatabase: files:data\nparameters: {x: y, list: [y]}\ntarget: q\n" +
			"nodes: {p: {kind: table, table: p}, q: {kind: sql, lookback: 0, inputs: {p: p}, query: " + mustJSON("select "+where+" as v, 7 as w") + "}}\n"
		overrides := []config.Override{{Name: "x", Text: string(quoted)}, {Name: "list", Text: "[" + string(quoted) + "]"}}
		if rapid.Bool().Draw(t, "plain") {
			overrides[0].Text = x
		}
		c, err := config.Parse("x.yaml", []byte(text), overrides)
		if err != nil {
			return
		}
		p, err := graph.New(c)
		if err != nil {
			return
		}
		if overrides[0].Text == x && !strings.ContainsAny(strings.TrimSpace(x)[:1], `"'[|&`) && p.Defaults()["x"] != strings.TrimSpace(x) {
			t.Fatalf("%q is read as %q", x, p.Defaults()["x"])
		}
		x = p.Defaults()["x"].(string)
		nodes, err := p.Nodes("q", nil)
		if err != nil {
			t.Fatal(err)
		}
		sql := nodes[0].Params.String("query")
		rows, err := db.Query(t.Context(), sql, duck.Refuse)
		if err != nil {
			if strings.HasSuffix(where, "||${x}") {
				return // DuckDB does not know a name: it was not made one
			}
			t.Fatalf("%s: %v", sql, err)
		}
		defer rows.Close()
		if !rows.Next() || len(rows.Columns()) != 2 || rows.Table().Rows() != 1 {
			t.Fatalf("%s: not the row of the query", sql)
		}
		got := rows.Table().Columns[0].(*array.String).Value(0)
		want := x
		switch {
		case strings.HasPrefix(where, "'a${x}b"):
			want = "a" + x + "b"
		case strings.Contains(where, "list"):
			want = p.Defaults()["list"].([]any)[0].(string)
		case strings.HasPrefix(where, "'a' "):
			want = "a"
		case strings.HasPrefix(where, "'a'||"):
			want = got
		}
		if got != want {
			t.Fatalf("%q arrives as %q: %s", want, got, sql)
		}
	})
}

func mustJSON(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}
