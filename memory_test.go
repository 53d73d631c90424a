package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/internal/demo"
)

// TestMemoryBelowTheWorkingSet sweeps with more memory than is needed and with the least that --memory takes, and compares every file. A
// point's long leg is the mean of two regressions, whose weights are therefore read as panels, 60 MiB of them together; each regression is in
// four points, two of them much later than the others. With 64 MiB, of which results get half, the hot cache forgets some before they are
// needed again, and they are computed again.
func TestMemoryBelowTheWorkingSet(t *testing.T) {
	home := t.TempDir()
	t.Chdir(home)
	if err := demo.WriteDatabase(t.Context(), demo.DatabaseFile, demo.NewMarket()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("tdlake.yaml", []byte(pairedWindows(150)), 0o666); err != nil {
		t.Fatal(err)
	}
	roomy := sweepStats(t, "4GiB", "roomy")
	tight := sweepStats(t, "64MiB", "tight")

	want, got := filesBelow(t, filepath.Join(home, "roomy")), filesBelow(t, filepath.Join(home, "tight"))
	if len(want) != len(got) {
		t.Errorf("%d files with little memory, not %d", len(got), len(want))
	}
	for path, sum := range want {
		if got[path] != sum {
			t.Errorf("%s has other bytes with little memory", path)
		}
	}
	if tight.computed < roomy.computed+50 {
		t.Errorf("%v nodes computed with little memory, %v with much: the limit is not below the working set", tight.computed, roomy.computed)
	}
	// What the limit leaves out, the program itself and what is at work, takes 60 MiB or so.
	if tight.peak > 160 || tight.peak > roomy.peak-60 {
		t.Errorf("peak memory is %.0f MiB with 64 MiB, %.0f MiB with 4 GiB", tight.peak, roomy.peak)
	}
}

// pairedWindows is the demonstration's config with pairs of n windows as its long windows: first neighbours, then some that lie apart.
func pairedWindows(n int) string {
	before, _, _ := strings.Cut(string(demo.Config), "\nsweep:")
	var pairs []string
	for _, apart := range []int{1, 7} {
		for i := range n {
			pairs = append(pairs, fmt.Sprintf("[%d, %d]", 60+i, 60+(i+apart)%n))
		}
	}
	return before + "\nsweep:\n  vary:\n    long_rolling_windows: [" + strings.Join(pairs, ", ") + "]\n    lasso_alpha: [1e-4, 1e-5]\n  metrics: {total_return: , sharpe: , turnover: }\n"
}

// stats is what --stats says: nodes that were computed, and the peak of memory in MiB.
type stats struct{ computed, peak float64 }

func sweepStats(t *testing.T, memory, lake string) stats {
	t.Helper()
	out, err := exec.Command("tdlake", "sweep", "--limit", "1", "--jobs", "2", "--stats", "--memory", memory, "--datalake-dir", lake).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	figure := func(pattern string) float64 {
		found := regexp.MustCompile(pattern).FindSubmatch(out)
		if found == nil {
			t.Fatalf("no %s in\n%s", pattern, out)
		}
		v, err := strconv.ParseFloat(strings.ReplaceAll(string(found[1]), ",", ""), 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	return stats{figure(`nodes +([0-9,]+) computed`), figure(`peak memory +([0-9.]+) MiB`)}
}
