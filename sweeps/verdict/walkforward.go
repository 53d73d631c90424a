package verdict

// Selection is what one fold chose and earned.
type Selection struct {
	Fold   Fold
	Point  int
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
	prefix := prefixMoments(m)
	out := Selected{Folds: make([]Selection, len(folds))}
	forEach(len(folds), func(i int) { out.Folds[i] = selectOne(prefix, folds[i]) })
	for _, f := range out.Folds {
		for _, s := range f.Fold.Test {
			out.Returns = append(out.Returns, m.Columns[f.Point][s.From:s.To]...)
		}
	}
	return out
}

func selectOne(prefix [][]moment, fold Fold) Selection {
	scores := make([]float64, len(prefix))
	n := rowsIn(fold.Train)
	for k, p := range prefix {
		scores[k] = scoreOn(p, fold.Train, n)
	}
	best := largest(scores)
	tested := rowsIn(fold.Test)
	return Selection{Fold: fold, Point: best, Chosen: ratio(scores[best], n), Earned: ratio(scoreOn(prefix[best], fold.Test, tested), tested)}
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

// prefixMoments holds for every point the running sums before each row.
func prefixMoments(m Matrix) [][]moment {
	out := make([][]moment, len(m.Columns))
	forRanges(len(out), func(from, to int) {
		for k := from; k < to; k++ {
			p := make([]moment, m.Rows+1)
			for t, v := range m.Columns[k] {
				p[t+1] = moment{p[t].sum + v, p[t].squares + v*v}
			}
			out[k] = p
		}
	})
	return out
}
