package lake

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/graph"
)

func (w *world) list() *Listing {
	w.t.Helper()
	l, err := w.List()
	if err != nil {
		w.t.Fatal(err)
	}
	return l
}

func TestList(t *testing.T) {
	w := newWorld(t)
	l := w.list()
	if l.Name != rangeName || l.Dir != w.dir || l.Source != "files:data" {
		t.Errorf("%q, %q, %q", l.Name, l.Dir, l.Source)
	}
	want := []*Manifest{w.prices, w.members, w.returns}
	slices.SortFunc(want, func(a, b *Manifest) int { return strings.Compare(a.ID, b.ID) })
	if len(l.Nodes) != len(want) {
		t.Fatalf("%d nodes", len(l.Nodes))
	}
	for i, n := range l.Nodes {
		m := want[i]
		if n.ID != m.ID || n.Origin != m.Origin || n.Rows != m.Rows || n.Parts != len(m.Parts) || n.Bytes != m.Bytes() || n.Problem != "" || !slices.Equal(n.Covered, m.Covered) {
			t.Errorf("%+v, of %+v", n, m)
		}
	}
	returns := l.Nodes[slices.IndexFunc(l.Nodes, func(n Listed) bool { return n.ID == w.returns.ID })]
	if got, want := compacted(t, returns.Spec), graph.Spec(testNode(t, "returns")); string(got) != string(want) {
		t.Errorf("the spec is %s, not %s", got, want)
	}
	files, bytes, err := sizeOf(w.SweepDir(sweepHash))
	if err != nil || files != 3 || !slices.Equal(l.Sweeps, []ListedSweep{{sweepHash, 3, bytes}}) {
		t.Errorf("%+v, %d files, %v", l.Sweeps, files, err)
	}
	text, err := json.Marshal(ListedSweep{sweepHash, 2, 300})
	if want := `{"sweep_hash":"` + sweepHash + `","files":2,"bytes":300}`; err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

func TestListOfADateRangeThatIsNotThere(t *testing.T) {
	d := openRange(t, t.TempDir(), newYear20, newYear23)
	l, err := d.List()
	if err != nil || len(l.Nodes) > 0 || l.Sweeps == nil || len(l.Sweeps) > 0 || l.Source != "" {
		t.Errorf("%+v, %v", l, err)
	}
	if exists(d.dir) {
		t.Error("a folder was made")
	}
}

func TestListShowsWhatIsDamaged(t *testing.T) {
	w := newWorld(t)
	w.put(w.prices.ID+"/_manifest.json", "no json")
	makeLater(t, filepath.Join(w.NodeDir(w.returns.ID), manifestName))
	w.put("_snapshot.json", "no json")
	w.put(testNode(t, "lagged").ID()+"/time_partition=2020/20200101_20210101.parquet", "") // without a manifest it is not there
	w.put("sweeps/"+strings.Repeat("f", 32)+"/x", "")
	if err := os.Mkdir(w.SweepDir(strings.Repeat("e", 32)), 0o777); err != nil {
		t.Fatal(err)
	}
	l := w.list()
	if l.Source != "" || len(l.Nodes) != 3 || len(l.Sweeps) != 2 || l.Sweeps[1].Hash != strings.Repeat("f", 32) {
		t.Errorf("%+v", l)
	}
	for _, n := range l.Nodes {
		want := map[string]string{w.prices.ID: "is damaged", w.returns.ID: "has format 99"}[n.ID]
		if !strings.Contains(n.Problem, want) || (n.Problem == "") != (want == "") || (n.Rows == 0) != (want != "") {
			t.Errorf("%+v", n)
		}
	}
}

func TestRangesAreThoseOnDisk(t *testing.T) {
	w := newWorld(t)
	later := openRange(t, w.root, newYear20, newYear23+1)
	for _, name := range []string{later.Name(), "notes", "_old-" + rangeName, tempName(rangeName)} {
		if err := os.Mkdir(filepath.Join(w.lake, name), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(w.lake, "2001-01-01_2002-01-01"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	ranges, err := Ranges(w.root, "Test")
	if err != nil || len(ranges) != 2 || ranges[0].Dir() != w.dir || ranges[1].Dir() != later.dir || ranges[1].Range() != later.span {
		t.Errorf("%v, %v", ranges, err)
	}
	if ranges, err := Ranges(w.root, "Nothing"); err != nil || len(ranges) > 0 {
		t.Errorf("%v, %v", ranges, err)
	}
}
