package cli

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEstimates holds what a plan says against what a sweep then takes, in bytes, which are the same everywhere; and what is left once a sweep is finished and
// gets a window more.
func TestEstimates(t *testing.T) {
	dir := t.TempDir()
	tdlake(t, "--quiet", "demo", dir)
	config := filepath.Join(dir, "tdlake.yaml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	builtIn, _, _ := strings.Cut(string(text), "    last_value:")
	wide := []string{"long_rolling_windows={range: [60, 720, 4]}", "lasso_alpha={logspace: [1e-5, 1, 20]}"}
	inSQL, whole := planned{}, planned{}
	planOf(t, &inSQL, config, wide...)
	if err := os.WriteFile(config, []byte(builtIn), 0o666); err != nil {
		t.Fatal(err)
	}
	planOf(t, &whole, config, wide...)
	if inSQL.Seconds <= whole.Seconds {
		t.Errorf("points that have a metric in SQL are expected to take %v, others %v", inSQL.Seconds, whole.Seconds)
	}
	tdlake(t, append([]string{"--quiet", "sweep", config}, wide...)...)
	disk := bytesUnder(t, filepath.Join(dir, "lake"), "sweeps")
	if whole.Compute < 3000 || whole.Disk < disk/2 || whole.Disk > 2*disk {
		t.Errorf("of %d points %d bytes on disk are expected, and %d written", whole.Compute, whole.Disk, disk)
	}
	more := planned{}
	planOf(t, &more, config, "long_rolling_windows={range: [60, 724, 4]}", wide[1])
	if more.Compute != 20 || more.Seconds > whole.Seconds/2 || more.Disk > whole.Disk/100 || more.Memory >= whole.Memory {
		t.Errorf("a window more, %d points, is expected to take %v s, %d and %d bytes, all %v s, %d and %d", more.Compute, more.Seconds, more.Memory, more.Disk, whole.Seconds, whole.Memory, whole.Disk)
	}
}

func planOf(t *testing.T, p *planned, config string, values ...string) {
	t.Helper()
	said, _ := tdlake(t, append([]string{"plan", config, "--json"}, values...)...)
	if err := json.Unmarshal([]byte(said), p); err != nil {
		t.Fatal(err)
	}
}

// bytesUnder adds up the files in folders of a name.
func bytesUnder(t *testing.T, dir, name string) (total int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.Contains(path, string(filepath.Separator)+name+string(filepath.Separator)) {
			return err
		}
		info, err := e.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return total
}

// TestEstimatesOfQueries holds that what a plan says of nodes in SQL follows the points and the rows that they read. How long they take depends on the
// machine, so no time is held against it here.
func TestEstimatesOfQueries(t *testing.T) {
	dir := t.TempDir()
	tdlake(t, "--quiet", "demo", dir)
	config := filepath.Join(dir, "sql.yaml")
	query := "select time_index, unique_identifier, avg(adj_close) over (partition by unique_identifier order by time_index rows 19 preceding) * ${k} as v from p"
	text := "datalake_name: Queries\ndatalake_start: 2021-01-01\ndatalake_end: 2024-09-01\ndatabase: duckdb:market.duckdb\nparameters: {k: 1}\ntarget: q\n" +
		"nodes: {prices: {kind: table, table: prices, columns: [adj_close]}, q: {kind: sql, inputs: {p: prices}, lookback: 20, query: \"" + query + "\"}}\n" +
		"sweep: {vary: {k: {range: [1, 21]}}, metrics: {m: avg(v)}}\n"
	if err := os.WriteFile(config, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	tdlake(t, "--quiet", "snapshot", config)
	var once, twice, shorter planned
	planOf(t, &once, config, "--jobs=1")
	planOf(t, &twice, config, "--jobs=1", "k={range: [1, 41]}")
	planOf(t, &shorter, config, "--jobs=1", "--end=2021-07-01")
	if once.Compute != 20 || twice.Compute != 40 {
		t.Errorf("%d and %d points", once.Compute, twice.Compute)
	}
	if ratio := twice.Seconds / once.Seconds; ratio < 1.5 || ratio > 2.5 {
		t.Errorf("20 points are expected to take %v s, 40 of them %v s", once.Seconds, twice.Seconds)
	}
	if !(shorter.Seconds < once.Seconds/2) {
		t.Errorf("44 months are expected to take %v s, six of them %v s", once.Seconds, shorter.Seconds)
	}
}
