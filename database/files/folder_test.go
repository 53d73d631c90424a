package files

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
)

const oneRow = "time_index,unique_identifier,v\n2022-01-03,A,1\n"

const oneRowRead = "time_index timestamp, unique_identifier string, v int\n2022-01-03T00:00:00Z|A|1"

func expectError(t *testing.T, err error, kind database.Kind, words ...string) {
	t.Helper()
	if !database.IsKind(err, kind) {
		t.Errorf("got %v, want an error of the kind %s", err, kind)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q is not in: %v", w, err)
		}
	}
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	_, err := openSource(t, filepath.Join(dir, "nowhere")).Begin(context.Background())
	expectError(t, err, database.Unreachable, "no such folder", "files:"+dir)
	save(t, dir, "file", "")
	_, err = openSource(t, filepath.Join(dir, "file")).Begin(context.Background())
	expectError(t, err, database.Unreachable)
}

func TestTwoFilesOfOneTable(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "prices.csv", oneRow)
	save(t, dir, "prices.parquet", "")
	v := beginView(t, dir)
	_, err := v.Schema(context.Background(), graph.Table{Name: "prices", Key: key})
	expectError(t, err, database.Data, "prices.csv and prices.parquet")
	_, err = v.Schema(context.Background(), graph.Table{Query: "from prices", Key: key})
	expectError(t, err, database.Data, "prices.csv and prices.parquet")
}

func TestDamagedFile(t *testing.T) {
	dir := t.TempDir()
	save(t, dir, "prices.parquet", "PAR1 this is not Parquet PAR1")
	_, err := dump(beginView(t, dir), graph.Table{Name: "prices", Key: key})
	expectError(t, err, database.Data, `table "prices"`)
}

func TestNamesOfFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's [a] *folder?", "year=2022")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"prices", "a[1]", "w*", "q?", `quote"'s`, "with space", "Éa", "semi;colon"} {
		save(t, dir, name+".csv", oneRow)
		v := beginView(t, dir)
		got, err := dump(v, graph.Table{Name: name, Key: key})
		if err != nil || got != oneRowRead {
			t.Errorf("%s: %v\n%s", name, err, got)
		}
		got, err = dump(v, graph.Table{Query: `from "` + strings.ReplaceAll(name, `"`, `""`) + `"`, Key: key})
		if err != nil || got != oneRowRead {
			t.Errorf("query of %s: %v\n%s", name, err, got)
		}
	}
}

func TestLinkedFiles(t *testing.T) {
	elsewhere, dir := t.TempDir(), t.TempDir()
	save(t, elsewhere, "data.csv", oneRow)
	if err := os.Symlink(filepath.Join(elsewhere, "data.csv"), filepath.Join(dir, "prices.csv")); err != nil {
		t.Fatal(err)
	}
	got, err := dump(beginView(t, dir), graph.Table{Name: "prices", Key: key})
	if err != nil || got != oneRowRead {
		t.Errorf("%v\n%s", err, got)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	got, err = dump(beginView(t, link), graph.Table{Query: "from prices", Key: key})
	if err != nil || got != oneRowRead {
		t.Errorf("through a link to the folder: %v\n%s", err, got)
	}
}

func TestQueriesStayInTheFolder(t *testing.T) {
	outside, dir := t.TempDir(), t.TempDir()
	save(t, outside, "secret.csv", oneRow)
	save(t, dir, "prices.csv", oneRow)
	v := beginView(t, dir)
	for _, from := range []string{
		"read_csv('" + outside + "/secret.csv')", "'" + outside + "/secret.csv'", "read_text('" + outside + "/secret.csv')", "glob('" + outside + "/*')",
		"read_csv('" + dir + "/../" + filepath.Base(outside) + "/secret.csv')", "read_text('/etc/passwd')", "read_parquet('https://example.com/x.parquet')",
	} {
		_, err := dump(v, graph.Table{Query: "select * from " + from, Key: key})
		expectError(t, err, database.Data)
		if err != nil && !strings.Contains(err.Error(), "permission") && !strings.Contains(err.Error(), "disabled") {
			t.Errorf("%s is refused for another reason: %v", from, err)
		}
	}
	got, err := dump(v, graph.Table{Query: "select p.* from prices p join Prices q using (unique_identifier)", Key: key})
	if err != nil || got != oneRowRead {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestChangedWhileReading(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"written": func(path string) error { return os.WriteFile(path, []byte(oneRow+"2022-01-04,A,2\n"), 0o644) },
		"replaced": func(path string) error {
			if err := os.WriteFile(path+".new", []byte(oneRow), 0o644); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		},
		"removed": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			save(t, dir, "prices.csv", oneRow)
			save(t, dir, "other.csv", oneRow)
			v := beginView(t, dir)
			prices := graph.Table{Name: "prices", Key: key}
			if _, err := dump(v, prices); err != nil {
				t.Fatal(err)
			}
			if err := change(filepath.Join(dir, "prices.csv")); err != nil {
				t.Fatal(err)
			}
			_, err := dump(v, prices)
			expectError(t, err, database.Data)
			_, err = v.Before(context.Background(), prices, 1<<60)
			expectError(t, err, database.Data)
			if name == "removed" {
				return
			}
			expectError(t, err, database.Data, "prices.csv changed while it was being read")
		})
	}
}

// TestBackOverNanoseconds: a thousand times of the file are one here.
func TestBackOverNanoseconds(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "prices.parquet")
	const base = 1_640_995_200_000_000
	run(t, []string{path}, fmt.Sprintf(`copy (select make_timestamp_ns(%d + i) as time_index, 'ID' || i as unique_identifier, 1.0 as v
from range(100_000) t(i)) to %s (format parquet)`, base*1000, duck.Literal(path)))
	v := beginView(t, dir)
	for _, n := range []int{1, 50, 100, 101} {
		at, short, err := v.Back(context.Background(), graph.Table{Name: "prices", Key: key}, base+100, n)
		if want := int64(base + max(100-n, 0)); err != nil || at != want || short != (n > 100) {
			t.Errorf("%d back is %d (short: %v), want %d, %v", n, at-base, short, want-base, err)
		}
	}
}
