package verdict

// Selection is what one fold chose and earned.
type Selection struct {
	Fold   Fold
	Point  int     // column of the matrix
	Chosen float64 // its Sharpe ratio a row on the rows that it was chosen by
	Earned float64 // and on the rows it was judged on
}

// Selected says how a rule that takes the point with the best Sharpe ratio on the rows known would
// have done.
type Selected struct {
	Folds   []Selection
	Returns []float64 // of the chosen points on the tested rows, fold after fold
}

// Sharpe is the ratio a row over all tested rows.
func (s Selected) Sharpe() float64 { return MomentsOf(s.Returns).Sharpe() }

// Select chooses a point for each fold by its Sharpe ratio on the training rows, the first of equals,
// and follows it over the tested rows. Nodes are point in time already, so nothing is fitted again.
func Select(m Matrix, folds []Fold) Selected {
	scores := foldScores(m, folds)
	out := Selected{Folds: make([]Selection, len(folds))}
	for i, f := range folds {
		best := largest(scores[i])
		prefix := prefixOf(m.Columns[best])
		tested := rowsIn(f.Test)
		out.Folds[i] = Selection{
			Fold: f, Point: best,
			Chosen: ratio(scores[i][best], rowsIn(f.Train)),
			Earned: ratio(scoreOn(prefix, f.Test, tested), tested),
		}
		for _, s := range f.Test {
			out.Returns = append(out.Returns, m.Columns[best][s.From:s.To]...)
		}
	}
	return out
}

// foldScores scores every point on every fold's training rows.
func foldScores(m Matrix, folds []Fold) [][]float64 {
	out := make([][]float64, len(folds))
	for i := range out {
		out[i] = make([]float64, len(m.Columns))
	}
	forRanges(len(m.Columns), func(from, to int) {
		for k := from; k < to; k++ {
			prefix := prefixOf(m.Columns[k])
			for i, f := range folds {
				out[i][k] = scoreOn(prefix, f.Train, rowsIn(f.Train))
			}
		}
	})
	return out
}

func scoreOn(prefix []moment, spans []Span, rows float64) float64 {
	var m moment
	for _, s := range spans {
		m.sum += prefix[s.To].sum - prefix[s.From].sum
		m.squares += prefix[s.To].squares - prefix[s.From].squares
	}
	return score(m.sum, m.squares, rows)
}

func rowsIn(spans []Span) float64 {
	n := 0
	for _, s := range spans {
		n += s.To - s.From
	}
	return float64(n)
}
