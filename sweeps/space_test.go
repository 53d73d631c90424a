package sweeps

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

func spaceOf(t testing.TB, sweep string) *Space {
	t.Helper()
	c, _, err := load(sweep)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSpace(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPointsAreTheProductInOrder(t *testing.T) {
	s := spaceOf(t, "\nsweep: {vary: {windows: [60, 20], flag: [false, true], ticker: [XLF, XLE, XLK]}}\n")
	var got []string
	for i := range s.Len() {
		got = append(got, s.Text(i))
	}
	want := `windows = 60, flag = false, ticker = XLF
windows = 60, flag = false, ticker = XLE
windows = 60, flag = false, ticker = XLK
windows = 60, flag = true, ticker = XLF
windows = 60, flag = true, ticker = XLE
windows = 60, flag = true, ticker = XLK
windows = 20, flag = false, ticker = XLF`
	if text := strings.Join(got, "\n"); len(got) != 12 || !strings.HasPrefix(text, want) {
		t.Errorf("%d points:\n%s", len(got), text)
	}
	b := graph.Binding{"alpha": 1.0}
	s.Bind(7, b)
	if fmt.Sprint(b) != "map[alpha:1 flag:false ticker:XLE windows:20]" {
		t.Errorf("point 7 binds %v", b)
	}
}

func TestValuesAreTyped(t *testing.T) {
	tests := []struct {
		values string
		kind   frame.Type
		text   string
	}{
		{"windows: [60, 20]", frame.Int64, "60 20"},
		{"alpha: [1, 1e-2]", frame.Float64, "1 0.01"},
		{"flag: [true, false]", frame.Bool, "true false"},
		{"ticker: [XLF, 'a b']", frame.String, "XLF a b"},
		{"windows: [[60, 20], [5]]", frame.String, "[60,20] [5]"},
	}
	for _, test := range tests {
		s := spaceOf(t, "\nsweep: {vary: {"+test.values+"}}\n")
		p := s.Parameters[0]
		var got []string
		for i := range p.Len() {
			got = append(got, fmt.Sprint(p.Stored(i)))
		}
		if p.Type != test.kind || strings.Join(got, " ") != test.text {
			t.Errorf("%s: %s, %v", test.values, p.Type, got)
		}
	}
}

func TestWhere(t *testing.T) {
	tests := []struct {
		vary, where string
		points      string
	}{
		{"windows: [60, 20], alpha: [1, 0.1]", "alpha < 1 or windows = 20", "1 2 3"},
		{"windows: [60, 20], alpha: [1, 0.1]", "alpha >= 1 and ticker = 'XLF' -- the default", "0 2"},
		{"windows: [[60, 20], [5]]", "len(windows) = 1", "1"},
		{"windows: [60, 20]", "list_contains(short, 100) and not flag", "0 1"},
		{"ticker: [XLF, 'it''s']", "ticker like '%''%'", "1"},
	}
	for _, test := range tests {
		s := spaceOf(t, fmt.Sprintf("\nsweep:\n  vary: {%s}\n  where: %q\n", test.vary, test.where))
		if got := strings.Trim(fmt.Sprint(s.kept), "[]"); got != test.points {
			t.Errorf("where %s keeps %s, not %s", test.where, got, test.points)
		}
		for i := range s.Len() {
			if at, ok := s.find(s.ordinal(i)); !ok || at != i {
				t.Errorf("point %d is found at %d", i, at)
			}
		}
	}
}

func TestWhereThatIsWrong(t *testing.T) {
	for where, want := range map[string]string{
		"alfa < 1":                              `sweep.where: binder error: Referenced column "alfa" not found`,
		"alpha <":                               "sweep.where: parser error: ",
		"true) or (true":                        "parentheses",
		"random() < 0.5":                        "the function random gives another answer each time",
		"(select true)":                         `"select" has no place in a condition`,
		"exists(from read_text('/etc/passwd'))": "read",
		"#1 > 0":                                "sweep.where: it takes a column by its place",
		"alpha = max(alpha) over ()":            "sweep.where: max looks at other rows",
		"alpha > 100":                           "sweep.where keeps none of 2 combinations",
	} {
		c, _, err := load(fmt.Sprintf("\nsweep:\n  vary: {alpha: [1, 0.1]}\n  where: %q\n", where))
		if err != nil {
			t.Fatal(err)
		}
		_, err = NewSpace(context.Background(), c)
		var problems config.Problems
		if !errors.As(err, &problems) || !strings.Contains(err.Error(), want) || problems[0].Line != c.Sweep.WherePos.Line || problems[0].Hint == "" {
			t.Errorf("where %s: %v", where, err)
		}
	}
}

func TestManyPointsTakeNoMemory(t *testing.T) {
	s := spaceOf(t, "\nsweep: {vary: {windows: {range: [2, 2002]}, short: {range: [2, 502]}, alpha: {linspace: [0, 1, 1000]}}}\n")
	if s.Len() != 2000*500*1000 || s.Text(s.Len()-1) != "windows = 2001, short = 501, alpha = 1" {
		t.Errorf("%d points, the last %s", s.Len(), s.Text(s.Len()-1))
	}
}

func TestOrdinalsAndIndexesAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &Space{size: 1}
		for k := range rapid.IntRange(1, 5).Draw(t, "parameters") {
			p := &Parameter{Name: fmt.Sprint("p", k), Type: frame.Int64, find: map[any]int32{}}
			for v := range rapid.IntRange(1, 6).Draw(t, "values") {
				p.add(int64(v))
			}
			s.size *= int64(p.Len())
			s.Parameters = append(s.Parameters, p)
		}
		s.strides()
		point := rapid.IntRange(0, s.Len()-1).Draw(t, "point")
		var ordinal int64
		for k, p := range s.Parameters {
			index, ok := p.index(s.Value(point, k))
			if !ok {
				t.Fatal("a value isn't found")
			}
			ordinal += int64(index) * s.stride[k]
		}
		if ordinal != int64(point) {
			t.Errorf("point %d has the ordinal %d", point, ordinal)
		}
	})
}
