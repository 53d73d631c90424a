package verdict

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"testing"
)

// TestPurgedSplits compares with the splits of another implementation, row by row.
func TestPurgedSplits(t *testing.T) {
	splits, err := PurgedSplits(123, 6, 2, 5, 3)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.New()
	var sizes []int
	for _, s := range splits {
		n := 0
		for _, span := range s.Train {
			for r := span.From; r < span.To; r++ {
				var b [8]byte
				binary.LittleEndian.PutUint64(b[:], uint64(r))
				hash.Write(b[:])
				n++
			}
		}
		sizes = append(sizes, n)
	}
	want := []int{75, 62, 62, 62, 67, 70, 57, 57, 62, 70, 57, 62, 70, 62, 75}
	if !slices.Equal(sizes, want) {
		t.Errorf("training rows %v, want %v", sizes, want)
	}
	const sum = "0fb4b10ebbaed9dff3fee9fe820ab48da08623d87132fc0f6e16c3bfcb48cc57"
	if got := fmt.Sprintf("%x", hash.Sum(nil)); got != sum {
		t.Errorf("rows hash to %s, want %s", got, sum)
	}
}

func TestBlockLength(t *testing.T) {
	p := matrixP(t)
	for k, want := range []float64{1.1830666665654377, 1, 1} {
		near(t, "block length", BlockLength(p.Columns[k]), want, 1e-12)
	}
	if got := BlockLength(make([]float64, 100)); got != 1 {
		t.Errorf("a constant series: %v", got)
	}
}

func TestSharpeInterval(t *testing.T) {
	low, high := SharpeInterval(matrixP(t).Columns[7], portable, 0.9)
	near(t, "low", low*math.Sqrt(252), 0.3821195988415091, 1e-9)
	near(t, "high", high*math.Sqrt(252), 2.679236224325076, 1e-9)
}

// TestSelectUsesTheRowsKnown changes what lies in the tested rows: no choice may change.
func TestSelectUsesTheRowsKnown(t *testing.T) {
	p := matrixP(t)
	folds, err := ForwardFolds(p.Rows, 5, 2)
	if err != nil {
		t.Fatal(err)
	}
	before := Select(p, folds)
	if len(before.Returns) != p.Rows-p.Rows/6 {
		t.Errorf("%d tested rows", len(before.Returns))
	}
	last := folds[len(folds)-1].Test[0]
	for r := last.From - 2; r < p.Rows; r++ {
		for k := range p.Columns {
			p.Columns[k][r] = -float64(k)
		}
	}
	after := Select(p, folds)
	for i := range folds {
		if before.Folds[i].Point != after.Folds[i].Point || before.Folds[i].Chosen != after.Folds[i].Chosen {
			t.Errorf("fold %d chose %d, then %d", i, before.Folds[i].Point, after.Folds[i].Point)
		}
	}
	if after.Sharpe() >= before.Sharpe() {
		t.Error("losses in the last fold are not seen")
	}
}

func TestFoldsThatDoNotFit(t *testing.T) {
	for _, bad := range [][5]int{{10, 1, 1, 0, 0}, {10, 5, 5, 0, 0}, {3, 5, 1, 0, 0}, {10, 5, 1, -1, 0}} {
		if _, err := PurgedSplits(bad[0], bad[1], bad[2], bad[3], bad[4]); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
	for _, bad := range [][3]int{{10, 0, 0}, {10, 5, 0}, {60, 5, 9}} {
		if _, err := ForwardFolds(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
