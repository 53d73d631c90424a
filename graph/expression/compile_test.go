package expression

import (
	"fmt"
	"strings"
	"testing"
)

func one(text string) Source {
	return Source{Inputs: []string{"p", "v"}, Columns: []Formula{{"value", text}}}
}

// TestPrograms shows what formulas mean: how operators bind, what is shared, how far they look back.
func TestPrograms(t *testing.T) {
	for _, c := range []struct {
		text string
		want string
		rows int
	}{
		{"close", `0 column "" "close"`, 0},
		{"p.close", `0 column "p" "close"`, 0},
		{`"adj close" + 1`, `0 column "" "adj close"; 1 number 1; 2 + #0 #1`, 0},
		{"1 + 2 * 3", `0 number 1; 1 number 2; 2 number 3; 3 * #1 #2; 4 + #0 #3`, 0},
		{"8 - 2 - 1", `0 number 8; 1 number 2; 2 - #0 #1; 3 number 1; 4 - #2 #3`, 0},
		{"-x ^ 2", `0 column "" "x"; 1 number 2; 2 ^ #0 #1; 3 neg #2`, 0},
		{"2 ^ 3 ^ 2", `0 number 2; 1 number 3; 2 ^ #1 #0; 3 ^ #0 #2`, 0},
		{"2 ^ -1", `0 number 2; 1 number -1; 2 ^ #0 #1`, 0},
		{"not a > 1 and b > 2 or true", `0 column "" "a"; 1 number 1; 2 > #0 #1; 3 not #2; 4 column "" "b"; 5 number 2; 6 > #4 #5; 7 and #3 #6; 8 truth 1; 9 or #7 #8`, 0},
		{"sector in ['a', 'b']", `0 column "" "sector"; 1 text "a"; 2 == #0 #1; 3 text "b"; 4 == #0 #3; 5 or #2 #4`, 0},
		{"sector not in ['a']", `0 column "" "sector"; 1 text "a"; 2 == #0 #1; 3 not #2`, 0},
		{"mean(close, 20)", `0 column "" "close"; 1 mean #0 20`, 19},
		{"mean( (close) , 4*5 )", `0 column "" "close"; 1 mean #0 20`, 19},
		{"mean(lag(close, 5), 20) + mean(lag(close, 5), 20)", `0 column "" "close"; 1 lag #0 5; 2 mean #1 20; 3 + #2 #2`, 24},
		{"rank(x, by=sector)", `0 column "" "x"; 1 column "" "sector"; 2 rank #0 by #1`, 0},
		{"ewm_mean(x, 250, span=20)", `0 column "" "x"; 1 ewm_mean #0 250 20 "span"`, 249},
		{"latch(z < -2, z > -0.5, 250)", `0 column "" "z"; 1 number -2; 2 < #0 #1; 3 number -0.5; 4 > #0 #3; 5 latch #2 #4 250`, 249},
		{"rows_since(x > 0, 10)", `0 column "" "x"; 1 number 0; 2 > #0 #1; 3 rows_since #2 10`, 10},
		{"time_of_day('America/New_York') >= 570", `0 time_of_day "America/New_York"; 1 number 570; 2 >= #0 #1`, 0},
		{"if(x > 0, 'it''s', 'b')", `0 column "" "x"; 1 number 0; 2 > #0 #1; 3 text "it's"; 4 text "b"; 5 if #2 #3 #4`, 0},
	} {
		p, problems := Compile(one(c.text))
		if problems != nil {
			t.Errorf("%s: %v", c.text, problems[0].Fault)
			continue
		}
		var ops []string
		for i, o := range p.Ops {
			ops = append(ops, fmt.Sprintf("%d %s", i, o))
		}
		if got := strings.Join(ops, "; "); got != c.want {
			t.Errorf("%s is\n  %s, want\n  %s", c.text, got, c.want)
		}
		if p.Lookback() != c.rows {
			t.Errorf("%s looks %d rows back, want %d", c.text, p.Lookback(), c.rows)
		}
	}
}

// TestFaults has a message, its place and its hint for each thing that can be written wrong.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		text    string
		at      int
		message string
		hint    string
	}{
		{"", 0, "the expression is empty", ""},
		{"close +", 7, "the expression ends too early", ""},
		{"(close", 6, "the expression ends too early", "a ) is missing"},
		{"close)", 5, ") does not belong here", ""},
		{"close = 1", 6, "= does not belong here", "== compares"},
		{"a < b < c", 6, "comparisons do not chain", "write: a < b and b < c"},
		{"a && b", 2, `"&" means nothing in an expression`, "write and"},
		{"'open", 0, "the quote is never closed", ""},
		{"1.2.3", 0, `"1.2.3" is no number`, ""},
		{"20d", 0, `"20d" is no number`, ""},
		{"meen(close, 20)", 0, "there is no function meen", `did you mean "mean"?`},
		{"q.close", 0, "there is no input q", "known: p, v"},
		{"mean(close)", 0, "mean takes 2 arguments, not 1", "write: mean(x, n)"},
		{"mean(close, volume)", 12, "n of mean must be a constant", "write: mean(x, n)"},
		{"mean(close, 2.5)", 12, "n of mean must be a whole number, not 2.5", ""},
		{"mean(close, 0)", 12, "n of mean must be from 1 to 100000000, not 0", ""},
		{"lag(close, -1)", 11, "n of lag must be from 0 to 100000000, not -1", ""},
		{"ewm_mean(x, 20)", 0, "ewm_mean needs exactly one of halflife, span and alpha", "write: ewm_mean(x, n, halflife= | span= | alpha=)"},
		{"ewm_mean(x, 20, alpha=2)", 16, "alpha must be above 0 and at most 1", ""},
		{"rank(x, with=sector)", 8, "rank takes no argument called with", "write: rank(x, by=)"},
		{"rank(x, by=a, by=b)", 14, "by is given twice", ""},
		{"rank(by=a, x)", 11, "an argument without a name follows one with a name", "arguments by name come last"},
		{"'a' + 1", 0, "a number is needed here, this is text", ""},
		{"if(1, 2, 3)", 3, "a condition is needed here, this is a number", "compare it: x > 0"},
		{"not 5", 4, "a condition is needed here, this is a number", "compare it: x > 0"},
		{"'a' > 1", 4, "text and numbers cannot be compared", ""},
		{"if(x > 0, 'a', 1)", 0, "if gives text or numbers, not both", ""},
		{"x in [y]", 6, "the list behind in holds constants", "put text in single quotes"},
		{"x in 'a'", 5, "a does not belong here", "write: x in ['a', 'b']"},
		{"weekday('Mars')", 8, `"Mars" is no time zone`, "IANA names: UTC, America/New_York, Europe/Berlin"},
		{"value + 1", 0, "value is made from itself", "write INPUT.value for the input's column"},
		{strings.Repeat("(", 300) + "1" + strings.Repeat(")", 300), 200, "the expression is nested more than 200 deep", "give parts of it names under let"},
	} {
		_, problems := Compile(one(c.text))
		if len(problems) == 0 {
			t.Errorf("%q is taken", c.text)
			continue
		}
		if f := problems[0].Fault; f.Message != c.message || f.At != c.at || f.Hint != c.hint {
			t.Errorf("%q: at %d %q, hint %q; want at %d %q, hint %q", c.text, f.At, f.Message, f.Hint, c.at, c.message, c.hint)
		}
	}
}

func TestLet(t *testing.T) {
	s := Source{
		Inputs:  []string{"p"},
		Columns: []Formula{{"signal", "rank(past)"}, {"fast", "past > 0"}},
		Let:     []Formula{{"past", "change(price, 20)"}, {"price", "p.close"}, {"unused", "lag(p.open, 500)"}},
		Keep:    "mean(price, 5) > 1",
	}
	p, problems := Compile(s)
	if problems != nil {
		t.Fatal(problems[0].Fault)
	}
	if p.Lookback() != 20 {
		t.Errorf("what nothing reads counts: %d rows", p.Lookback())
	}
	// Names, order and brackets of what lies between are no part of the identity.
	s.Let = []Formula{{"q", "(p.close)"}, {"before", "change( q,20 )"}}
	s.Columns = []Formula{{"signal", "rank(before)"}, {"fast", "before>0.0"}}
	s.Keep = "mean(q, 5) > 1"
	other, problems := Compile(s)
	if problems != nil {
		t.Fatal(problems[0].Fault)
	}
	if p.String() != other.String() {
		t.Errorf("two identities:\n%s\n%s", p, other)
	}
	s.Let = append(s.Let, Formula{"a", "b + 1"}, Formula{"b", "a + 1"}, Formula{"q", "1"})
	if _, problems := Compile(s); len(problems) != 1 || problems[0].List != "let" || problems[0].Name != "q" {
		t.Errorf("%v", problems)
	}
	s.Let = s.Let[:len(s.Let)-1]
	if _, problems := Compile(s); len(problems) != 1 || problems[0].Message != "a is made from itself" {
		t.Errorf("%v", problems)
	}
}

// TestKeepSeesAllRows: a rank that decides which rows count is over all of them.
func TestKeepSeesAllRows(t *testing.T) {
	s := Source{Columns: []Formula{{"value", "r"}}, Let: []Formula{{"r", "rank(size)"}}, Keep: "r > 0.5"}
	p, problems := Compile(s)
	if problems != nil {
		t.Fatal(problems[0].Fault)
	}
	ranks := 0
	for _, o := range p.Ops {
		if o.Code == "rank" {
			ranks++
		}
	}
	if ranks != 2 || p.Ops[p.Outputs[0].Op].Whole || !p.Ops[p.Ops[p.Keep].Args[0]].Whole {
		t.Errorf("%s", p)
	}
}

// TestLongChains makes sure that formulas which read each other cost what they are long, not more.
func TestLongChains(t *testing.T) {
	s := Source{Columns: []Formula{{"value", "x500"}}}
	for i := range 500 {
		s.Let = append(s.Let, Formula{fmt.Sprintf("x%d", i+1), fmt.Sprintf("x%d + x%d", i, i)})
	}
	s.Let = append(s.Let, Formula{"x0", "close"})
	p, problems := Compile(s)
	if problems != nil || len(p.Ops) != 501 {
		t.Errorf("%d operations, %v", len(p.Ops), problems)
	}
}

func TestTableOfFunctions(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Functions {
		if seen[f.Name] || f.Doc == "" {
			t.Errorf("%s: twice, or without a line of documentation", f.Name)
		}
		seen[f.Name] = true
		rows := 0
		for _, a := range f.Args {
			if a.Kind == Rows || a.Kind == Distance {
				rows++
			}
		}
		if want := f.Class == Window || f.Class == State; (rows == 1) != want {
			t.Errorf("%s has %d windows", f.Name, rows)
		}
	}
}

// FuzzCompile holds that any text is a program or a fault within the text, and that a program's
// lookback is never negative.
func FuzzCompile(f *testing.F) {
	for _, seed := range []string{"mean(close, 20) > lag(close, 5)", "x in ['a'] and not y", "-2 ^ -3", "\"a b\".c", "rank(x, by=s)", "'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, problems := Compile(one(text))
		for _, problem := range problems {
			if problem.At < 0 || problem.At > len(text) || problem.Message == "" {
				t.Fatalf("%q: a fault at %d: %q", text, problem.At, problem.Message)
			}
		}
		if (p == nil) == (problems == nil) {
			t.Fatalf("%q: program %v, problems %v", text, p, problems)
		}
		if p != nil && p.Lookback() < 0 {
			t.Fatalf("%q looks %d rows back", text, p.Lookback())
		}
	})
}
