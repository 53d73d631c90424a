package verdict

import "fmt"

// Span is a stretch of rows, [From, To).
type Span struct{ From, To int }

// Fold is a stretch of rows that a point is judged on, and the rows that it may be chosen by.
type Fold struct {
	Test  []Span
	Train []Span
}

// PurgedSplits are the splits of combinatorial purged cross-validation (Lopez de Prado 2018, chapter
// 12): of n consecutive folds every choice of k is tested once, on a choice made by the others,
// without the purge rows before each tested stretch and the purge + embargo rows after it. The first n-1
// folds have rows/n rows, the last has the rest.
func PurgedSplits(rows, n, k, purge, embargo int) ([]Fold, error) {
	if n < 2 || k < 1 || k >= n || rows/n < 1 {
		return nil, fmt.Errorf("%d of %d folds of %d rows: at least two folds with a row each, of which fewer are tested than there are", k, n, rows)
	}
	if purge < 0 || embargo < 0 {
		return nil, fmt.Errorf("purge %d, embargo %d: neither can be negative", purge, embargo)
	}
	var out []Fold
	for _, tested := range choices(n, k) {
		out = append(out, purged(rows, n, tested, purge, embargo))
	}
	return out, nil
}

// purged makes one split; tested lists its folds in order.
func purged(rows, n int, tested []int, purge, embargo int) Fold {
	size := rows / n
	open := make([]bool, rows)
	for r := range open {
		open[r] = true
	}
	var fold Fold
	for _, f := range tested {
		span := Span{f * size, (f + 1) * size}
		if f == n-1 {
			span.To = rows
		}
		fold.Test = append(fold.Test, span)
		for r := max(0, span.From-purge); r < min(rows, span.To+purge+embargo); r++ {
			open[r] = false
		}
	}
	fold.Train = spansOf(open)
	return fold
}

func spansOf(open []bool) []Span {
	var out []Span
	for r := 0; r < len(open); r++ {
		if !open[r] {
			continue
		}
		from := r
		for r < len(open) && open[r] {
			r++
		}
		out = append(out, Span{from, r})
	}
	return out
}

// choices lists the subsets of k of the numbers below n, in lexicographic order.
func choices(n, k int) [][]int {
	var out [][]int
	var grow func(from int, chosen []int)
	grow = func(from int, chosen []int) {
		if len(chosen) == k {
			out = append(out, append([]int(nil), chosen...))
			return
		}
		for i := from; i < n; i++ {
			grow(i+1, append(chosen, i))
		}
	}
	grow(0, nil)
	return out
}

// ForwardFolds divides the rows into n+1 consecutive stretches: each but the first is tested on a
// choice by all rows before it, less the purge rows that lie directly before.
func ForwardFolds(rows, n, purge int) ([]Fold, error) {
	if n < 1 || rows/(n+1) < 2 {
		return nil, fmt.Errorf("%d rows are too few for %d folds of two rows and two to begin with", rows, n)
	}
	if purge < 0 || rows/(n+1)-purge < 2 {
		return nil, fmt.Errorf("purge %d leaves fewer than two rows to choose by", purge)
	}
	size := rows / (n + 1)
	out := make([]Fold, n)
	for i := range out {
		from, to := (i+1)*size, (i+2)*size
		if i == n-1 {
			to = rows
		}
		out[i] = Fold{Test: []Span{{from, to}}, Train: []Span{{0, from - purge}}}
	}
	return out, nil
}
