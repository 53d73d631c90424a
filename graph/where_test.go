package graph

import (
	"slices"
	"testing"
)

func TestWords(t *testing.T) {
	for sql, want := range map[string][]string{
		"etf = 'XLF'":                            {"etf"},
		"\"ETF\" = 'it''s weight' AND x2 > 1e3":  {"etf", "and", "x2"},
		"a -- weight\n or /* weight */ b":        {"a", "or", "b"},
		"count(*) > 1":                           {"count", "*"},
		"größe = 1":                              {"größe"},
		"'unclosed weight":                       nil,
		"/* unclosed weight":                     nil,
		"a.\"b c\"":                              {"a", "b c"},
		`etf = E'X\' or weight > 0 --' and a`:    {"etf", "and", "a"},
		`etf = E'X\\' or weight > 0 --' and a`:   {"etf", "or", "weight"},
		"etf = 'X\\' or weight > 0":              {"etf", "or", "weight"},
		"a = $t$ weight ' $t$ or b = $$weight$$": {"a", "or", "b"},
		"/* /* */ weight */ a":                   {"a"},
		"a = 'x' -- it's\r or weight > 0":        {"a", "or", "weight"},
		"weight\u00a0> 0":                        {"weight"},
		`"we""ight" > 0`:                         {`we"ight`},
		"a = E'x'\n'y\\' or weight'":             {"a", "*"},
	} {
		if got := words(sql); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}

func TestAboutKeyAlone(t *testing.T) {
	key := []string{"time_index", "etf", "unique_identifier"}
	table := func(columns any) *Node {
		p := Params{KindNamed(KindTable), make([]any, len(KindNamed(KindTable).Params))}
		for i, s := range p.kind.Params {
			switch s.Name {
			case "key":
				p.values[i] = key
			case "columns":
				p.values[i] = columns
			}
		}
		return &Node{Kind: p.kind, Params: p}
	}
	known, unknown := table([]string{"weight"}), table(nil)
	for where, want := range map[string][2]bool{ // with columns known, and not
		"etf = 'XLF'": {true, true},
		"etf in ('XLF', 'weight') and not ETF = ''": {true, true},
		"starts_with(etf, 'X')":                     {true, false},
		"weight > 0":                                {false, false},
		"Weight > 0":                                {false, false},
		"\"weight\" > 0":                            {false, false},
		"time_index > '2020-01-01'":                 {false, false},
		"columns('w.*') > 0":                        {false, false},
		"(select 1) = 1":                            {false, false},
		"etf = 'XLF' and price > 1":                 {true, false},
	} {
		if got := [2]bool{aboutKeyAlone(where, known), aboutKeyAlone(where, unknown)}; got != want {
			t.Errorf("%s: %v, want %v", where, got, want)
		}
	}
}
