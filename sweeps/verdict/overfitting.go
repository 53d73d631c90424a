package verdict

import (
	"math"
	"slices"
)

// Overfit says what became, on one half of the rows, of the point that was best on the other half,
// over all ways to make halves of S blocks.
type Overfit struct {
	Below   int // splits in which the best point in sample ranked at or below the median out of sample
	Splits  int
	Blocks  int
	Rows    int     // rows used
	Loss    float64 // share of splits in which the chosen point lost out of sample
	Slope   float64 // of the Sharpe ratio out of sample on that in sample, by least squares
	MeanIn  float64 // the chosen points' mean Sharpe ratio in sample, a row
	MeanOut float64 // and out of sample
}

// PBO is the probability of backtest overfitting.
func (o Overfit) PBO() float64 { return float64(o.Below) / float64(o.Splits) }

// Overfitting computes the probability of backtest overfitting by combinatorially symmetric
// cross-validation (Bailey, Borwein, Lopez de Prado and Zhu 2017, algorithm 2.3): points are compared
// by Sharpe ratio, equal points share the mean of their ranks, and the first of equally good points
// is chosen.
func Overfitting(m Matrix, blocks int, tail Tail) (Overfit, error) {
	ends, err := blockEnds(m.Rows, blocks, tail)
	if err != nil {
		return Overfit{}, err
	}
	h := newHalving(m, ends)
	parts := make([][]pair, 1<<(blocks-h.lows))
	forEach(len(parts), func(set int) { parts[set] = h.splits(uint32(set)) })
	results := slices.Concat(parts...)
	out := Overfit{Splits: 2 * len(results), Blocks: blocks, Rows: ends[len(ends)-1]}
	out.collect(results)
	return out, nil
}

// pair is what one way to make two halves gives: each half serves as sample once.
type pair [2]chosen

// chosen is the best point of one half.
type chosen struct {
	in, out float64 // its Sharpe ratio a row in the half that chose it, and in the other
	below   bool    // it ranks at or below the median in the other
}

func (o *Overfit) collect(results []pair) {
	var in, out []float64
	lost := 0
	for _, p := range results {
		for _, c := range p {
			in, out = append(in, c.in), append(out, c.out)
			if c.below {
				o.Below++
			}
			if c.out < 0 {
				lost++
			}
		}
	}
	o.Loss = float64(lost) / float64(o.Splits)
	o.MeanIn, o.MeanOut = meanOf(in), meanOf(out)
	var xy, xx float64
	for i := range in {
		xy += (in[i] - o.MeanIn) * (out[i] - o.MeanOut)
		xx += (in[i] - o.MeanIn) * (in[i] - o.MeanIn)
	}
	if xx > 0 {
		o.Slope = xy / xx
	}
}

// score orders points as their Sharpe ratios do, without a root: the squared ratio with its sign,
// from the sum and the sum of squares over n rows. What moves by rounding alone
// scores 0.
func score(sum, squares, n float64) float64 {
	spread := squares - sum*sum/n
	if !(spread > 0x1p-44*squares) {
		return 0
	}
	return sum * math.Abs(sum) / spread
}

// ratio is the Sharpe ratio a row that a score stands for: mean over sample deviation.
func ratio(score, n float64) float64 {
	return math.Copysign(math.Sqrt(math.Abs(score)*(n-1))/n, score)
}
