package verdict

import (
	"math"
	"slices"
)

// findStability follows the mean Sharpe ratio along each numeric parameter with three values or more.
func (v *Verdict) findStability(g Grid) {
	var resampled []Grid
	for d, p := range v.in.Parameters {
		path := pathAlong(g, d, p.Numbers)
		if path == nil {
			continue
		}
		if resampled == nil {
			resampled = v.resampledGrids()
		}
		v.Stability = append(v.Stability, v.stable(g, d, path, resampled))
	}
}

// path is a parameter's values in increasing order, on the scale that its slopes are taken on.
type path struct {
	order []int // places of the values
	x     []float64
	log   bool
}

// pathAlong orders a parameter's values; nil where it has fewer than three numbers, or no judged
// point at one of them. Values that span a hundredfold or more are taken by their logarithm.
func pathAlong(g Grid, parameter int, numbers []float64) *path {
	if len(numbers) < 3 {
		return nil
	}
	p := &path{}
	for i, group := range groupMeans(g, parameter) {
		if group.weight == 0 {
			return nil
		}
		p.order = append(p.order, i)
	}
	slices.SortFunc(p.order, func(a, b int) int {
		if numbers[a] < numbers[b] {
			return -1
		}
		return 1
	})
	least, most := numbers[p.order[0]], numbers[p.order[len(p.order)-1]]
	p.log = least > 0 && most/least >= 100
	for _, i := range p.order {
		if p.log {
			p.x = append(p.x, math.Log10(numbers[i]))
		} else {
			p.x = append(p.x, numbers[i])
		}
	}
	return p
}

func (p *path) influence(g Grid, parameter int) Influence {
	groups := groupMeans(g, parameter)
	y := make([]float64, len(p.order))
	for i, at := range p.order {
		y[i] = groups[at].mean
	}
	return Stability(p.x, y)
}

// stable says where the parameter's influence ends, and how many resamples say the same.
func (v *Verdict) stable(g Grid, parameter int, p *path, resampled []Grid) Stable {
	values := v.in.Parameters[parameter].Values
	at := func(i int) any {
		if i < 0 || i >= len(p.order) {
			return nil
		}
		return values[p.order[i]]
	}
	found := p.influence(g, parameter)
	agreeing := 0
	for _, r := range resampled {
		if i := p.influence(r, parameter); i.Stable == found.Stable && i.UpTo == found.UpTo {
			agreeing++
		}
	}
	out := Stable{
		Parameter: v.in.Parameters[parameter].Name, Scale: "linear",
		Largest: at(found.Largest), Decreases: at(found.Largest + 1), Stable: at(found.Stable), UpTo: at(found.UpTo), Break: at(found.Break),
		Agreeing: Number(float64(agreeing) / float64(len(resampled))),
	}
	if p.log {
		out.Scale = "log10"
	}
	return out
}

// resampledGrids lays the Sharpe ratios of each resample out over the grid.
func (v *Verdict) resampledGrids() []Grid {
	how := v.options.Resampling
	how.Resamples = v.options.StabilityResample
	drawn := how.draw(v.Rows)
	ratios := make([][]float64, len(drawn))
	for b := range ratios {
		ratios[b] = make([]float64, len(v.sample.Columns))
	}
	forRanges(len(v.sample.Columns), func(from, to int) {
		for k := from; k < to; k++ {
			prefix := prefixOf(v.sample.Columns[k])
			for b, runs := range drawn {
				ratios[b][k] = resampledRatio(prefix, runs)
			}
		}
	})
	column := v.columnOf()
	out := make([]Grid, len(drawn))
	forRanges(len(drawn), func(from, to int) {
		for b := from; b < to; b++ {
			out[b] = v.layOut(ratios[b], column)
		}
	})
	return out
}
