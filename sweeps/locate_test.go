package sweeps

import (
	"path/filepath"
	"slices"
	"testing"
)

// located finds the points of the stored file by its row groups' fingerprints and by its rows, which must be the same, and returns how many row groups
// were known.
func located(t *testing.T, p *Plan) (known, all int) {
	t.Helper()
	f, err := openResults(filepath.Join(p.Dir, pointsName))
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	meta, err := f.readMeta()
	if err != nil {
		t.Fatal(err)
	}
	quick, err := p.Results.locate(f, meta.Groups)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := p.Results.locate(f, nil) // as with a file of before there were fingerprints
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(quick, slow) {
		t.Error("fingerprints say other points than the rows do")
	}
	return len(p.Results.known(meta.Groups)), len(meta.Groups)
}

// TestRowGroupsSayWhoseTheyAre opens a sweep of several row groups as it was, with a window between, with windows and alphas in another order, and with
// a parameter of another type.
func TestRowGroupsSayWhoseTheyAre(t *testing.T) {
	const windows, alphas, metrics = "[2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]", "[0.1, 0.2, 0.3, 0.4, 0.5]", "total_return: "
	w := newWorld(t)
	w.run(many(windows, alphas, metrics), newFew(), Options{Jobs: 2})
	groups := 0
	for _, c := range []struct {
		name, windows, alphas string
		fits                  func(known, all int) bool
	}{
		{"the same", windows, alphas, func(known, all int) bool { groups = all; return known == all && all > 2 }},
		{"a window between", "[2, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]", alphas, func(known, all int) bool { return known >= all-2 && known < all }},
		{"half of the windows", "[2, 4, 6, 8, 10, 12]", alphas, func(known, all int) bool { return known < all }},
		{"another order", windows, "[0.2, 0.1, 0.3, 0.4, 0.5]", func(known, all int) bool { return known == 0 }},
		{"other alphas", windows, "[0.6, 0.7, 0.8, 0.9, 0.95]", func(known, all int) bool { return known == 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if known, all := located(t, w.plan(many(c.windows, c.alphas, metrics))); all != groups && groups > 0 || !c.fits(known, all) {
				t.Errorf("%d row groups of %d are known", known, all)
			}
		})
	}
}

// TestFingerprints differ wherever points do, though the targets be the same.
func TestFingerprints(t *testing.T) {
	w := newWorld(t)
	fingerprint := func(vary string, points ...int) string {
		return w.plan("\nsweep:\n  vary: {" + vary + "}\n  metrics: {sharpe: }\n").Results.fingerprint(points)
	}
	const usual = "windows: [20, 40], alpha: [0.1, 0.2]"
	first := fingerprint(usual, 0, 1)
	if again := fingerprint("windows: [20, 40, 60], alpha: [0.1, 0.2]", 0, 1); again != first {
		t.Error("points have another fingerprint in a wider sweep")
	}
	if one, two := fingerprint("idle: [1, 2]", 0, 1), fingerprint("idle: [2, 1]", 0, 1); one == two {
		t.Error("other values that make the same targets: the same fingerprint")
	}
	for _, other := range []string{"idle: [1.0, 2.0]", `idle: ["1", "2"]`} {
		if fingerprint(other, 0, 1) == fingerprint("idle: [1, 2]", 0, 1) {
			t.Errorf("%s, of another type than numbers without a point: the same fingerprint", other)
		}
	}
	r := w.plan("\nsweep:\n  vary: {" + usual + "}\n  metrics: {sharpe: }\n").Results
	r.todays()
	if got := r.fingerprintsOf([][]int{{0, 1, 2, 3}, {0, 1, 3}}); got[0] != r.fingerprint([]int{0, 1, 2, 3}) || got[1] != r.fingerprint([]int{0, 1, 3}) {
		t.Error("a row group without one of the points has the fingerprint of all")
	}
	for name, other := range map[string]string{
		"fewer points": fingerprint(usual, 0), "more points": fingerprint(usual, 0, 1, 2), "others": fingerprint(usual, 1, 2), "another order": fingerprint(usual, 1, 0),
		"parameters in another order": fingerprint("alpha: [0.1, 0.2], windows: [20, 40]", 0, 2),
		"another parameter":           fingerprint("windows: [20, 40], alpha: [0.1, 0.2], ticker: [XLF]", 0, 1),
	} {
		if other == first {
			t.Errorf("%s: the same fingerprint", name)
		}
	}
}
