package formula

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph/expression"
)

// golden is what testdata/reference.py writes.
type golden struct {
	Table struct {
		Identifiers   []string
		Close, Volume [][]*float64
		Sector        []*string
	}
	Cases map[string][][]*float64
}

func readGolden(t testing.TB) golden {
	t.Helper()
	text, err := os.ReadFile("testdata/pandas.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func floats(rows [][]*float64) [][]float64 {
	out := make([][]float64, len(rows))
	for i, row := range rows {
		for _, v := range row {
			if v == nil {
				out[i] = append(out[i], math.NaN())
			} else {
				out[i] = append(out[i], *v)
			}
		}
	}
	return out
}

// table is the golden file's table, whose rows are days.
func (g golden) table() *Table {
	words := NewWords()
	columns := map[string]Column{
		"close":  {Type: frame.Float64, Data: floats(g.Table.Close)},
		"volume": {Type: frame.Float64, Data: floats(g.Table.Volume)},
	}
	rows := len(g.Table.Close[0])
	sectors := newGrid(len(g.Table.Sector), rows)
	for i, s := range g.Table.Sector {
		for t := range rows {
			sectors[i][t] = math.NaN()
			if s != nil {
				sectors[i][t] = words.Code(*s)
			}
		}
	}
	columns["sector"] = Column{Type: frame.String, Data: sectors}
	t := &Table{IDs: g.Table.Identifiers, Words: words}
	for r := range rows {
		t.Times = append(t.Times, int64(r)*86_400_000_000)
	}
	t.Column = func(_, name string) (Column, error) {
		c, ok := columns[name]
		if !ok {
			return Column{}, fmt.Errorf("there is no column %s", name)
		}
		return c, nil
	}
	return t
}

func compile(t testing.TB, text string) *expression.Program {
	t.Helper()
	p, problems := expression.Compile(expression.Source{Inputs: []string{"p"}, Columns: []expression.Formula{{Name: "out", Text: text}}})
	if problems != nil {
		t.Fatalf("%s: %v", text, problems[0].Fault)
	}
	return p
}

// TestPandas compares every function with what pandas makes of the same table.
func TestPandas(t *testing.T) {
	g := readGolden(t)
	covered := map[string]bool{}
	for text, want := range g.Cases {
		p := compile(t, text)
		for _, o := range p.Ops {
			covered[o.Code] = true
		}
		got, err := Run(context.Background(), p, g.table(), Options{Jobs: 2})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		compare(t, text, got.Outputs[0].Data, floats(want))
	}
	for _, f := range expression.Functions {
		if f.Pandas != "" && !covered[f.Name] && !isCalendar(f.Name) {
			t.Errorf("reference.py has no case of %s", f.Name)
		}
	}
}

// TestWhoHasNoRowCountsForNothing fills a value in where an identifier has no row: it is no member there all the same.
func TestWhoHasNoRowCountsForNothing(t *testing.T) {
	table := readGolden(t).table()
	table.Has = newRows(len(table.IDs), len(table.Times))
	table.Has[1][0] = false
	for text, want := range map[string]float64{
		"count_across(is_missing(close))": 1, "count_across(coalesce(close, 0))": 3, "count_across(true)": 3,
	} {
		got, err := Run(context.Background(), compile(t, text), table, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v := got.Outputs[0].Data[0][0]; v != want {
			t.Errorf("%s is %v, want %v", text, v, want)
		}
		if v := got.Outputs[0].Data[1][0]; !missing(v) {
			t.Errorf("%s is %v where there is no row", text, v)
		}
	}
}

func newRows(ids, times int) [][]bool {
	rows := make([][]bool, ids)
	for i := range rows {
		rows[i] = make([]bool, times)
		for t := range rows[i] {
			rows[i][t] = true
		}
	}
	return rows
}

func isCalendar(name string) bool {
	switch name {
	case "time_of_day", "weekday", "day", "month", "year", "is_missing":
		return true
	}
	return false
}

func compare(t *testing.T, text string, got, want [][]float64) {
	t.Helper()
	for i := range want {
		for r := range want[i] {
			a, b := got[i][r], want[i][r]
			if missing(a) != missing(b) || math.Abs(a-b) > 1e-9*math.Max(1, math.Abs(b)) {
				t.Errorf("%s: identifier %d, row %d: %v, pandas has %v", text, i, r, a, b)
				return
			}
		}
	}
}
