package lanes

// Portfolio is the rows of two legs, and where the rows of their portfolio go. All are equally long.
type Portfolio struct {
	LongEarned, ShortEarned []float64 // what a leg's weights of the row before earned: a share
	LongChange, ShortChange []float64 // the sum of the changes of a leg's weights at the row: a share

	Returns, Net, Value, Turnover []float64
}

// Join fills in, for each row, return = long earned - short earned (in Returns, and in Net: there are no fees), turnover = long change +
// short change, and value, which is that of the row before, at first the one that is given, times 1 + return. It returns the last value, and the
// least 1 + return, infinite where there are no rows: while that is above 0, a value that was above 0 cannot fall below.
func Join(p *Portfolio, value float64) (last, least float64) {
	n := len(p.LongEarned)
	longEarned, shortEarned := p.LongEarned[:n], p.ShortEarned[:n]
	longChange, shortChange := p.LongChange[:n], p.ShortChange[:n]
	returns, net, values, turnover := p.Returns[:n], p.Net[:n], p.Value[:n], p.Turnover[:n]
	k, value, least := joinGroups(p, value)
	for ; k < n; k++ {
		r := longEarned[k] - shortEarned[k]
		if 1+r < least {
			least = 1 + r
		}
		value *= 1 + r
		returns[k], net[k], values[k], turnover[k] = r, r, value, longChange[k]+shortChange[k]
	}
	return value, least
}

// Sum adds numbers in four lanes, i modulo 4, what a last group lacks of four in the first; the lanes are joined as (0+1)+(2+3).
func Sum(v []float64) float64 {
	var s [4]float64
	v = v[sumGroups(v, &s):]
	for ; len(v) >= 4; v = v[4:] {
		s[0] += v[0]
		s[1] += v[1]
		s[2] += v[2]
		s[3] += v[3]
	}
	for _, x := range v {
		s[0] += x
	}
	return (s[0] + s[1]) + (s[2] + s[3])
}

// deviations is what Deviations has gathered: even rows in the first lanes, odd ones in the second.
type deviations struct {
	squares, below [2]float64
	positive       [4]int64
}

// Deviations returns the sum of squares around mean, the sum of squares of what is below zero, and how many numbers are above. None is
// missing.
func Deviations(v []float64, mean float64) (squares, below float64, positive int) {
	var d deviations
	for i, x := range v[deviationGroups(v, mean, &d):] {
		d.squares[i&1] += float64((x - mean) * (x - mean))
		b := min(x, 0)
		d.below[i&1] += float64(b * b)
		if x > 0 {
			d.positive[0]++
		}
	}
	return d.squares[0] + d.squares[1], d.below[0] + d.below[1], int(d.positive[0] + d.positive[1] + d.positive[2] + d.positive[3])
}

// nearly leaves room for the rounding of two products.
const nearly = 1 + 1e-15

// Deepest returns the least of v / the highest so far, of which a 1 before the first row is one: 1 where nothing falls. Missing numbers, NaN,
// count for nothing.
func Deepest(v []float64) float64 {
	n, highest, deepest := deepestGroups(v)
	for _, x := range v[n:] {
		if x > highest {
			highest = x
		} else if x < deepest*highest*nearly || deepest <= 0 {
			// Only a new lowest ratio, or one within rounding of it, is worth a division.
			if r := x / highest; r < deepest {
				deepest = r
			}
		}
	}
	return deepest
}
