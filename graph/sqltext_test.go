package graph_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
	"pgregory.net/rapid"
)

const textConfig = `datalake_name: x
datalake_start: 2024-01-01
datalake_end: 2025-01-01
database: files:data
parameters: {x: %X}
nodes: {q: {kind: table, query: %Q}}
target: q
`

// filled returns a query with a parameter, given as YAML, in the place of ${x}.
func filled(x, query string) (string, error) {
	quoted, err := json.Marshal(query) // YAML reads it too
	if err != nil {
		return "", err
	}
	c, err := config.Parse("x.yaml", []byte(strings.NewReplacer("%X", x, "%Q", string(quoted)).Replace(textConfig)), nil)
	if err != nil {
		return "", err
	}
	p, err := graph.New(c)
	if err != nil {
		return "", err
	}
	nodes, err := p.Nodes("q", nil)
	if err != nil {
		return "", err
	}
	return nodes[0].Params.String("query"), nil
}

func TestFilled(t *testing.T) {
	for _, c := range []struct{ x, query, want string }{
		{"5", "close > ${x}", "close > 5"},
		{"1e-5", "close > ${x}", "close > 1e-05"},
		{"-5", "close > ${x}", "close > -5"},
		{"-5", "close*${x}", "close*-5"},
		{"-5", "close -${x}", "close -(-5)"},
		{"-5", "-${x} as a", "-(-5) as a"},
		{"-1.5", "close - -${x}", "close - -(-1.5)"},
		{"-5", "close @${x}", "close @(-5)"},
		{"-5", "'${x}'", "'-5'"},
		{"5", "close_${x} + t.c${x}d", "close_5 + t.c5d"},
		{"true", "a = ${x}", "a = true"},
		{"TRUE", "a = ${x}", "a = true"},
		{"XLF", "etf = '${x}'", "etf = 'XLF'"},
		{`"it's"`, "etf = '${x}' -- it's\nand a = '${x}'", "etf = 'it''s' -- it's\nand a = 'it''s'"},
		{`"a\\' or 1=1 --"`, "etf = E'${x}'", `etf = E'a\\'' or 1=1 --'`},
		{`"a\\"`, "etf = '${x}'", `etf = 'a\'`},
		{`'a"b'`, `select "${x}" from p`, `select "a""b" from p`},
		{`"it's"`, "etf = $t$${x}$t$", "etf = $t$it's$t$"},
		{`"it's"`, "a /* ${x} */ -- ${x}\n", "a /* it's */ -- it's\n"},
		{"close", "select ${x} from p", "select close from p"},
		{"p.close", "avg(${x})", "avg(p.close)"},
		{`'"a b"'`, "avg(p.${x})", `avg(p."a b")`},
		{`">="`, "close ${x} 5", "close >= 5"},
		{`"'XLF'"`, "etf = ${x}", "etf = 'XLF'"},
		{`"close > 5 and volume > 2"`, "where ${x}", "where close > 5 and volume > 2"},
		{`"close > 5 or volume > 2"`, "where (${x}) and a", "where (close > 5 or volume > 2) and a"},
		{`"close > 5"`, "where ${x} and a", "where close > 5 and a"},
		{`"close, volume"`, "select ${x} from p", "select close, volume from p"},
		{`""`, "select a ${x} from p", "select a  from p"},
		{`"select 1 -- all of it"`, "${x}", "select 1 -- all of it"},
		{"[JPM, \"it's\"]", "a in ${x}", "a in ('JPM', 'it''s')"},
		{"[JPM, BAC]", "a in (${x})", "a in ('JPM', 'BAC')"},
		{"[JPM, BAC]", "a in ( /* of */ ${x} )", "a in ( /* of */ 'JPM', 'BAC' )"},
		{"[60, -1]", "a = any(${x})", "a = any(array[60, -1])"},
		{"[true]", "len(${x})", "len(array[true])"},
	} {
		if got, err := filled(c.x, c.query); err != nil || got != c.want {
			t.Errorf("%s in %s:\n%s %v, want\n%s", c.x, c.query, got, err, c.want)
		}
	}
}

func TestNotFilled(t *testing.T) {
	for _, c := range []struct{ x, query, want, hint string }{
		{"000700", "a = '${x}'", "query of the node q cannot hold ${x} as it is written: 000700 is read as the number 700", `put it in quotes: "000700", for the number 700`},
		{"TRUE", "a = '${x}'", "TRUE is read as true", `put it in quotes: "TRUE"`},
		{"1E5", "a = '${x}'", "1E5 is read as the number 100000", `"1E5"`},
		{"0x1F", `"${x}"`, "0x1F is read as the number 31", `"0x1F"`},
		{"1.10", "$$${x}$$", "1.10 is read as the number 1.1", `"1.10"`},
		{".5", "a_${x}", ".5 is read as the number 0.5", `".5"`},
		{"+5", "a = '${x}'", "+5 is read as the number 5", `"+5"`},
		{"05", "a > 0.${x}", "05 is read as the number 5", `"05"`},
		{"000700", "a = ${x}", "000700 is read as the number 700", `"000700"`},
		{"[000700, 600519]", "a in ${x}", "000700 is read as the number 700", `"000700"`},
		{"[TRUE, JPM]", "a in ${x}", "not of one type: true and the text \"JPM\"", "quotes"},
		{"[]", "a in ${x}", "empty list", ""},
		{"[a]", "a = '${x}'", "holds the list ${x} inside a text", "in ${x}"},
		{"-5", "close_${x}", "no part of a name or number", ""},
		{"-5", "0.${x}", "no part of a name or number", ""},
		{`"a --"`, "b = ${x}", "holds a comment", "'${x}'"},
		{`"a; drop table p"`, "b = ${x}", "ends a statement", ""},
		{`"1) or (1 = 1"`, "b = (${x})", "closes what it does not open", ""},
		{`"'"`, "b = ${x}", "opens what it does not close", ""},
		{`"a or b"`, "b = ${x}", "is more than a name", "in brackets"},
		{`"a or b"`, "c and ${x}", "holds AND, OR or NOT beside another", ""},
		{`"a from secret union select b"`, "select ${x} from p", "holds the word FROM", ""},
		{`"-"`, "a -${x} b", "would run together", ""},
		{`""`, "a -${x}- b", "would run together", ""},
		{`"e"`, "a = ${x}'b'", "would run together", ""},
		{`"'a'"`, "b = 'c'${x}", "would run together", ""},
		{`"*/ or true /*"`, "b /* ${x} */", "would end it", ""},
		{`"a\nor true"`, "b -- ${x}", "would end it", ""},
		{`"a$t$ or true"`, "b = $t$${x}$t$", "databases differ", ""},
		{"a", "b = U&'${x}'", "databases differ", ""},
		{"a", "b = E'a'\n'${x}'", "databases differ", ""},
	} {
		got, err := filled(c.x, c.query)
		if err == nil {
			t.Errorf("%s in %s: %s", c.x, c.query, got)
			continue
		}
		problem := err.(config.Problems)[0]
		if !strings.Contains(problem.Message, c.want) || !strings.Contains(problem.Hint, c.hint) {
			t.Errorf("%s in %s:\n%s, want\n%s", c.x, c.query, problem.Text(), c.want)
		}
	}
}

// nasty draws texts of what ends, begins or escapes something in SQL.
var nasty = rapid.StringOfN(rapid.SampledFrom([]rune("'\"\\-/*;$()[]{}, \n\r\teEuU&b1.=é€|")), 1, 12, -1)

// TestArrives draws texts, and places for them that are closed: what stands between the quotes afterwards, read by their rule, is the text, and what
// stands around it is as it was.
func TestArrives(t *testing.T) {
	places := map[string]*strings.Replacer{"'": strings.NewReplacer("''", "'"), `"`: strings.NewReplacer(`""`, `"`), "E'": strings.NewReplacer("''", "'", `\\`, `\`)}
	rapid.Check(t, func(t *rapid.T) {
		x := strings.ReplaceAll(nasty.Draw(t, "x"), "{", "(") // no reference of its own
		open := rapid.SampledFrom([]string{"'", `"`, "E'"}).Draw(t, "place")
		before, after := "a = 'it''s' and b = "+open, open[len(open)-1:]+" and c -- it's"
		quoted, _ := json.Marshal(x)
		got, err := filled(string(quoted), before+"${x}"+after)
		if err != nil {
			t.Fatalf("%q is refused: %v", x, err)
		}
		inner, ok := strings.CutPrefix(got, before)
		inner, cut := strings.CutSuffix(inner, after)
		if !ok || !cut || places[open].Replace(inner) != x {
			t.Fatalf("%q arrives as %s", x, got)
		}
		if rest := places[open].Replace(strings.ReplaceAll(strings.ReplaceAll(inner, "''", ""), `""`, "")); open != "E'" && strings.Contains(rest, after[:1]) {
			t.Fatalf("%q ends its text: %s", x, got)
		}
	})
}
