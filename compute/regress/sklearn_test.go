package regress

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/internal/pythontest"
)

// sklearnPy fits one window after the other, as a user would, and prints the weights.
const sklearnPy = `
import json, sys, warnings
import numpy as np
from sklearn.linear_model import ElasticNet
warnings.simplefilter("error")  # also where it has not converged
job = json.load(sys.stdin)
x, y, n = np.array(job["x"]), np.array(job["y"]), job["window"]
out = []
for s in job["specs"]:
    model = ElasticNet(alpha=s["Alpha"], l1_ratio=s["L1Ratio"], positive=s["Positive"], fit_intercept=s["Intercept"], tol=1e-13, max_iter=10_000_000)
    out.append([model.fit(x[t - n + 1:t + 1], y[t - n + 1:t + 1]).coef_.tolist() for t in job["rows"]])
json.dump(out, sys.stdout)
`

// TestAgreesWithScikitLearn compares every weight with those of scikit-learn at tol 1e-13, whose duality gap of that share of y'y leaves
// weights uncertain by about its root: 2e-7 of the largest.
func TestAgreesWithScikitLearn(t *testing.T) {
	python := pythontest.Python(t, pythontest.Learn)
	const rows, cols, window = 130, 40, 90
	m := newMarket(rand.New(rand.NewPCG(11, 12)), rows, cols)
	specs := []Spec{
		{Alpha: 1e-4, L1Ratio: 1, Positive: true}, {Alpha: 1e-5, L1Ratio: 1, Positive: true}, {Alpha: 1e-5, L1Ratio: 1},
		{Alpha: 3e-5, L1Ratio: 0.5, Positive: true}, {Alpha: 1e-5, L1Ratio: 1, Positive: true, Intercept: true}, {Alpha: 1, L1Ratio: 1},
	}
	job := map[string]any{"x": transpose(m.cols), "y": m.y, "window": window, "specs": specs, "rows": every(7, window-1, rows)}
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", sklearnPy)
	cmd.Stdin = strings.NewReader(string(text))
	answer, err := cmd.Output()
	if err != nil {
		t.Fatal(err, string(err.(*exec.ExitError).Stderr))
	}
	var theirs [][][]float64 // a spec, a row, a column
	if err := json.Unmarshal(answer, &theirs); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for i, fits := range roll(t, m.design(t), window, specs, window-1, rows) {
		for k, row := range every(7, window-1, rows) {
			got := make([]float64, cols)
			for a, j := range fits[row-window+1].Active {
				got[j] = fits[row-window+1].Weights[a]
				compared++
			}
			for j, want := range theirs[i][k] {
				if math.Abs(got[j]-want) > 2e-7 {
					t.Errorf("%+v, row %d, column %d: %v, scikit-learn has %v", specs[i], row, j, got[j], want)
				}
			}
		}
	}
	if compared < 300 {
		t.Errorf("only %d weights were compared", compared)
	}
}

// every lists each k-th number from..to-1.
func every(k, from, to int) (out []int) {
	for ; from < to; from += k {
		out = append(out, from)
	}
	return out
}

func transpose(cols [][]float64) [][]float64 {
	out := make([][]float64, len(cols[0]))
	for t := range out {
		for _, col := range cols {
			out[t] = append(out[t], col[t])
		}
	}
	return out
}
