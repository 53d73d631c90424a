package duck

import (
	"context"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/tdlake/tdlake/frame"
)

func holdings(n int) *frame.Frame {
	b := frame.NewBuilder(frame.Schema{Key: 3, Fields: []frame.Field{
		{Name: "time_index", Type: frame.Timestamp}, {Name: "etf", Type: frame.String}, {Name: "unique_identifier", Type: frame.String}, {Name: "weight_pct", Type: frame.Float64},
	}})
	for i := range n {
		b.Time(0, int64(i))
		b.String(1, []string{"XLE", "XLF"}[i/10%2])
		b.String(2, "ID")
		if i%7 == 0 {
			b.Missing(3)
		} else {
			b.Float(3, float64(i))
		}
	}
	return b.Frame()
}

func TestFilter(t *testing.T) {
	d := open(t, Options{})
	f := holdings(10_000)
	for where, keep := range map[string]func(i int) bool{
		"etf = 'XLF'":                          func(i int) bool { return i/10%2 == 1 },
		"etf = 'XLF' -- funds":                 func(i int) bool { return i/10%2 == 1 },
		"true":                                 func(int) bool { return true },
		"false":                                func(int) bool { return false },
		"null":                                 func(int) bool { return false },
		"weight_pct > 9000":                    func(i int) bool { return i > 9000 && i%7 != 0 },
		"weight_pct is null or etf in ('XLE')": func(i int) bool { return i%7 == 0 || i/10%2 == 0 },
		"\"unique_identifier\" <> 'it''s; drop table x' and time_index < '1970-01-01 00:00:00.000100'": func(i int) bool { return i < 100 },
	} {
		got, err := d.Filter(context.Background(), f, where)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		var want []int64
		for i, at := range f.Times() {
			if keep(i) {
				want = append(want, at)
			}
		}
		if len(want) != got.Rows() {
			t.Errorf("%s: %d rows, want %d", where, got.Rows(), len(want))
			continue
		}
		for i, at := range got.Times() {
			if at != want[i] {
				t.Errorf("%s: row %d is of time %d, want %d", where, i, at, want[i])
				break
			}
		}
	}
	if len(d.frames.tables) != 0 {
		t.Error("rows are still registered")
	}
}

func TestConditionsThatAreRefused(t *testing.T) {
	d := open(t, Options{})
	for where, want := range map[string]string{
		"":                                       "empty",
		"-- etf = 'XLF'":                         "empty",
		"etf = 'XLF'; drop table x":              `";"`,
		"1 = 1) union all (select true":          "parentheses",
		"1 = 1) or (true":                        "parentheses",
		"(etf = 'XLF'":                           "parentheses",
		"etf in (select 'XLF')":                  `"select"`,
		"random() < 0.5":                         "random",
		"time_index < now()":                     "now",
		"time_index < current_date":              "current_date",
		"etf = 'XLF":                             "not closed",
		"eft = 'XLF'":                            `"eft"`,
		"etf":                                    "XLE",
		"count(*) > 1":                           "one answer a row",
		"unnest([true, false])":                  "",
		"etf = 'XLF', etf = 'XLE'":               "",
		"etf = 'XLF' from holdings":              "",
		"nextval('s') = 1":                       "nextval",
		"exists (from read_text('/etc/passwd'))": "read_text",
		"/*":                                     "not closed",
		"weight_pct = max(weight_pct) over (partition by unique_identifier)": "max looks at other rows",
		"row_number() over () < 3":         "row_number looks at other rows",
		"weighted_avg(weight_pct, 1) > 0":  "one answer a row",
		"etf in (from (values ('XLF')))":   `"values"`,
		"etf in (from holdings)":           "a query within it",
		"(table holdings) = etf":           "a query within it",
		"#4 > 0":                           "#",
		"weight_pct + #\n 4 > 0":           "#",
		"columns('.*_.*') is not null":     "several columns",
		"etf = ":                           "syntax error",
		"etf = 'XLF' /* ) union select 1 ": "not closed",
	} {
		got, err := d.Filter(context.Background(), holdings(100), where)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", where, got, err)
		}
	}
}

func TestEvaluate(t *testing.T) {
	d := open(t, Options{})
	table := Table{[]string{"lasso_alpha", "ticker_long"}, []arrow.Array{frame.FloatColumn([]float64{1, 1e-5, 20}), frame.StringColumn([]string{"XLF", "XLE", "XLF"})}}
	got, err := d.Evaluate(context.Background(), table, "lasso_alpha < 10 and ticker_long = 'XLF'")
	if err != nil || len(got) != 3 || !got[0] || got[1] || got[2] {
		t.Errorf("%v, %v", got, err)
	}
}

// TestFilterEqual holds the way without a database against the database.
func TestFilterEqual(t *testing.T) {
	d, f := open(t, Options{}), holdings(1000)
	for where, plain := range map[string]bool{
		"etf = 'XLF'": true, `"ETF"='XLE' -- funds`: true, "Etf = 'no''body'": true, "etf = ''": true, "unique_identifier = 'ID'": true,
		"etf = e'XLF'": false, "etf = 'XLF' and true": false, "'XLF' = etf": false, "(etf = 'XLF')": false, "etf = $$XLF$$": false, "etf != 'XLF'": false,
		"weight_pct = '7'": false, "time_index = '1970-01-01'": false, "null = 'XLF'": false, "current_date = '2022-01-01'": false, "nothing = 'XLF'": false, "": false, "'": false,
	} {
		got, ok := FilterEqual(f, where)
		if ok != plain {
			t.Errorf("%s: plain: %t", where, ok)
		}
		if !ok {
			continue
		}
		want, err := d.Filter(context.Background(), f, where)
		if err != nil || got.Digest() != want.Digest() {
			t.Errorf("%s: %d rows, DuckDB has %d (%v)", where, got.Rows(), want.Rows(), err)
		}
	}
}
