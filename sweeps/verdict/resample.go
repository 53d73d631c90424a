package verdict

import "math"

// lanes is how many points are resampled side by side: each stretch of rows is looked up once for
// all of them, and their sums do not wait for each other.
const lanes = 4

// largestOf holds the largest statistics of one resample over the points so far.
type largestOf struct{ check, lower, consistent, upper float64 }

// count goes through the points from the worst to the best, resample by resample.
func count(m Matrix, points []standard, drawn [][]run, want Reality) tally {
	out := tally{reached: make([]int, len(points))}
	best := make([]largestOf, len(drawn))
	for b := range best {
		best[b] = largestOf{math.Inf(-1), 0, 0, math.Inf(-1)}
	}
	prefix := make([][lanes]float64, m.Rows+1)
	root := math.Sqrt(float64(m.Rows))
	for first := 0; first < len(points); first += lanes {
		group := points[first:min(first+lanes, len(points))]
		addPrefixes(prefix, m, group)
		for b, runs := range drawn {
			sums := sumRuns(prefix, runs)
			for i, p := range group {
				scaled := sums[i]/root - p.scaled
				if best[b].take(p, scaled) {
					out.reached[first+i]++
				}
			}
		}
	}
	for _, l := range best {
		out.finish(l, want)
	}
	return out
}

// take adds a point's resampled mean (times the root of the rows, less its own), and says whether
// the largest so far reaches the point's own statistic.
func (l *largestOf) take(p standard, scaled float64) bool {
	z := scaled / p.omega
	l.check = max(l.check, scaled)
	l.upper = max(l.upper, z)
	l.lower = max(l.lower, z+p.lower)
	l.consistent = max(l.consistent, z+p.middle)
	return l.upper >= p.t
}

func (c *tally) finish(l largestOf, want Reality) {
	if l.check >= want.Statistic {
		c.check++
	}
	if l.lower >= want.Studented {
		c.lower++
	}
	if l.consistent >= want.Studented {
		c.consistent++
	}
	if max(l.upper, 0) >= want.Studented {
		c.upper++
	}
}

// addPrefixes fills the running sums of a group's columns, one lane each.
func addPrefixes(prefix [][lanes]float64, m Matrix, group []standard) {
	for i, p := range group {
		var sum float64
		for t, v := range m.Columns[p.column] {
			sum += v
			prefix[t+1][i] = sum
		}
	}
}

// sumRuns adds up stretches of rows by their running sums.
func sumRuns(prefix [][lanes]float64, runs []run) [lanes]float64 {
	var s0, s1, s2, s3 float64
	for _, r := range runs {
		a, b := &prefix[r.from], &prefix[r.to]
		s0 += b[0] - a[0]
		s1 += b[1] - a[1]
		s2 += b[2] - a[2]
		s3 += b[3] - a[3]
	}
	return [lanes]float64{s0, s1, s2, s3}
}
