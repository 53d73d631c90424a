package lake

import (
	"cmp"
	"path"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
)

// drawTime draws a time that may be a midnight, a whole second, or neither.
func drawTime(t *rapid.T, label string) int64 {
	unit := rapid.SampledFrom([]int64{1, 1e6, 86400e6}).Draw(t, label+" in")
	return unit * rapid.Int64Range(minTime/unit, maxTime/unit).Draw(t, label)
}

func TestStamps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawTime(t, "a"), drawTime(t, "b")
		nameA, nameB := stamp(a), stamp(b)
		if back, ok := parseStamp(nameA); !ok || back != a {
			t.Fatalf("%d is %q, which is %d, %v", a, nameA, back, ok)
		}
		if (nameA == nameB) != (a == b) {
			t.Fatalf("%d is %q, %d is %q", a, nameA, b, nameB)
		}
		if len(nameA) == len(nameB) && cmp.Compare(nameA, nameB) != cmp.Compare(a, b) {
			t.Fatalf("%q and %q do not sort as their times", nameA, nameB)
		}
	})
	for _, bad := range []string{"", "2020", "20201301", "20200101T", "20200101T000000Z", "20200101T010000", "20200101T010000.000000Z", "20200101T01000O.5Z", "2020-01-01", " 20200101"} {
		if at, ok := parseStamp(bad); ok {
			t.Errorf("%q was read as %d", bad, at)
		}
	}
}

func TestPartNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Span{drawTime(t, "start"), drawTime(t, "end")}
		if back, ok := parsePartName(partName(s)); ok == s.Empty() || ok && back != s {
			t.Fatalf("%v is %q, which is %v, %v", s, partName(s), back, ok)
		}
	})
	for _, bad := range []string{"", ".parquet", "20200101.parquet", "20200101_20200101.parquet", "20210101_20200101.parquet", "20200101_20210101", "20200101_20210101.csv", "20200101_20210101_.parquet"} {
		if s, ok := parsePartName(bad); ok {
			t.Errorf("%q was read as %v", bad, s)
		}
	}
}

func TestRangeNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawTime(t, "a"), drawTime(t, "b")
		start, end, ok := ParseRangeName(RangeName(a, b))
		if ok != (a < b) || ok && (start != a || end != b) {
			t.Fatalf("%d, %d is %q, which is %d, %d, %v", a, b, RangeName(a, b), start, end, ok)
		}
	})
	at := func(s string) int64 {
		us, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return us.UnixMicro()
	}
	for want, got := range map[string]string{
		"2022-08-01_2024-09-01":                    RangeName(at("2022-08-01T00:00:00Z"), at("2024-09-01T00:00:00Z")),
		"20220801T093000Z_2024-09-01":              RangeName(at("2022-08-01T09:30:00Z"), at("2024-09-01T00:00:00Z")),
		"20220801T093000.000001Z_20240901T000001Z": RangeName(at("2022-08-01T09:30:00.000001Z"), at("2024-09-01T00:00:01Z")),
	} {
		if got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
	for _, bad := range []string{"", "_", "2022-08-01", "20220801_20240901", "2022-08-01_2022-08-01", "2022-08-02_2022-08-01", "_refresh-2022-08-01_2024-09-01", tempName("2022-08-01_2024-09-01"), "2022-08-01_2024-09-01 "} {
		if _, _, ok := ParseRangeName(bad); ok {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestPartitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := drawTime(t, "at")
		var dirs []string
		for _, by := range []Partitioning{ByYear, ByMonth} {
			s := by.span(at)
			if at < s.Start || at >= s.End {
				t.Fatalf("the %s %v does not hold %s", by, s, showTime(at))
			}
			for _, edge := range []int64{s.Start, s.End - 1} {
				if by.span(edge) != s || by.dir(edge) != by.dir(at) {
					t.Fatalf("the edges of the %s %v are in others", by, s)
				}
			}
			if s.End <= maxTime && by.dir(s.End) <= by.dir(at) {
				t.Fatalf("%q does not sort after %q", by.dir(s.End), by.dir(at))
			}
			part := Span{at, s.End}
			if dir, name := path.Split(by.path(part)); dir != by.dir(at)+"/" || name != partName(part) {
				t.Fatalf("the part %v is at %q", part, by.path(part))
			}
			dirs = append(dirs, by.dir(at))
		}
		if !ByYear.span(at).Contains(ByMonth.span(at)) || dirs[0] != dirs[1][:len(dirs[0])] {
			t.Fatalf("%v", dirs)
		}
	})
}

// testNodes are of the kinds that a lake stores.
const testNodes = `
datalake_name: Test
datalake_start: 2020-01-01
datalake_end: 2021-01-01
database: files:data
nodes:
  prices:
    kind: table
    table: Prices & more
  members:
    kind: table
    query: select * from "x" where a < b
    key: [time_index, etf, unique_identifier]
  returns:
    kind: returns
    input: prices
    column: close
  lagged:
    kind: lag
    input: returns
target: returns
`

// testNode returns a node of testNodes.
func testNode(t testing.TB, name string) *graph.Node {
	t.Helper()
	c, err := config.Parse("test.yaml", []byte(testNodes), nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.New(c)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := p.Nodes(name, nil)
	if err != nil {
		t.Fatal(err)
	}
	return nodes[0]
}

func TestNodeNames(t *testing.T) {
	for _, name := range []string{"prices", "members", "returns", "lagged"} {
		if id := testNode(t, name).ID(); !isID(id) {
			t.Errorf("%q is not taken for a node's folder", id)
		}
	}
	for _, bad := range []string{"", "sweeps", "logs", "_before", "prices", "_0123456789abcdef0123456789abcdef", "prices_0123456789abcdef0123456789abcde", "prices_0123456789ABCDEF0123456789abcdef", "../x_0123456789abcdef0123456789abcdef", tempName("prices_0123456789abcdef0123456789abcdef")} {
		if isID(bad) {
			t.Errorf("%q is taken for a node's folder", bad)
		}
	}
}

// TestNoNameIsTwoThings holds that a name on disk is a part, an unfinished file, or one of the fixed names, never two.
func TestNoNameIsTwoThings(t *testing.T) {
	for _, name := range []string{manifestName, snapshotName, lockName, beforeName, refreshName, oldName, sweepsName, logsName} {
		_, part := parsePartName(name)
		_, _, dates := ParseRangeName(name)
		if part || dates || isTemp(name) || isID(name) {
			t.Errorf("%q is more than one thing", name)
		}
		if !isTemp(tempName(name)) {
			t.Errorf("%q is not seen to be unfinished", tempName(name))
		}
	}
	if !isTemp(tempName(partName(Span{0, 1}))) {
		t.Error("an unfinished part is not seen to be one")
	}
	if _, ok := parsePartName(tempName(partName(Span{0, 1}))); ok {
		t.Error("an unfinished part is taken for a part")
	}
}
