package verdict

import (
	"fmt"
	"math/bits"
)

// Effect is the share of a metric's variance over the grid that is due to a set of parameters
// together, beyond what its subsets explain.
type Effect struct {
	Parameters []int
	Share      float64
}

// maxParameters bounds the sets of parameters to 4,096.
const maxParameters = 12

// Anova decomposes the variance over a full grid exactly (Hooker 2007): the component of a set of
// parameters is the mean given these, less the components of all its subsets, and the shares of all
// sets add up to 1. Grid points count the same. Effects come by number of parameters, then in their
// order; a constant metric has none.
func Anova(g Grid) ([]Effect, error) {
	if !g.Full() {
		return nil, fmt.Errorf("the grid has missing points: the exact decomposition needs all of them")
	}
	if len(g.Sizes) > maxParameters {
		return nil, fmt.Errorf("%d parameters: the exact decomposition takes at most %d", len(g.Sizes), maxParameters)
	}
	mean := meanOf(g.Values)
	centred := centred(g.Values)
	total := meanSquare(centred)
	if !(total > 64*0x1p-104*(1+mean*mean)) {
		return nil, nil
	}
	variances := make([]float64, 1<<len(g.Sizes))
	var effects []Effect
	for size := 1; size <= len(g.Sizes); size++ {
		for set := 1; set < len(variances); set++ {
			if bits.OnesCount(uint(set)) != size {
				continue
			}
			// The variance of the mean given a set is that of its component and of all its subsets'.
			variances[set] = meanSquare(means(g, centred, set))
			for sub := (set - 1) & set; sub != 0; sub = (sub - 1) & set {
				variances[set] -= variances[sub]
			}
			effects = append(effects, Effect{members(set, len(g.Sizes)), max(variances[set]/total, 0)})
		}
	}
	return effects, nil
}

// members lists the parameters of a set, whose highest bit stands for the first parameter, so that
// sets in falling order are in the parameters' order.
func members(set, parameters int) []int {
	var out []int
	for d := range parameters {
		if set>>d&1 == 1 {
			out = append(out, d)
		}
	}
	return out
}

// means averages the values over every parameter that is not in the set.
func means(g Grid, values []float64, set int) []float64 {
	x := values
	after := 1
	for d := len(g.Sizes) - 1; d >= 0; d-- {
		if set>>d&1 == 1 {
			after *= g.Sizes[d]
			continue
		}
		x = averaged(x, g.Sizes[d], after)
	}
	return x
}

// averaged takes the mean over one parameter of the given size, whose neighbours are stride apart.
func averaged(x []float64, size, stride int) []float64 {
	out := make([]float64, len(x)/size)
	for i := range out {
		from := i/stride*stride*size + i%stride
		var sum float64
		for p := range size {
			sum += x[from+p*stride]
		}
		out[i] = sum / float64(size)
	}
	return out
}

func meanSquare(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v * v
	}
	return sum / float64(len(x))
}

// MainEffects is what can be said of a grid with holes: the share of the variance between the group
// means of each parameter alone (the correlation ratio), weighted by the points in each group. With
// holes these shares may overlap.
func MainEffects(g Grid) []Effect {
	var present []float64
	for _, v := range g.Values {
		if v == v {
			present = append(present, v)
		}
	}
	if len(present) == 0 {
		return nil
	}
	mean := meanOf(present)
	total := meanSquare(centred(present))
	var out []Effect
	for d := range g.Sizes {
		var between float64
		for _, group := range groupMeans(g, d) {
			between += group.weight * (group.mean - mean) * (group.mean - mean)
		}
		if total > 0 {
			out = append(out, Effect{[]int{d}, between / float64(len(present)) / total})
		}
	}
	return out
}

// groupMean is the mean of the values present at one value of a parameter, and how many they are.
type groupMean struct{ mean, weight float64 }

func groupMeans(g Grid, parameter int) []groupMean {
	out := make([]groupMean, g.Sizes[parameter])
	stride := g.strides()[parameter]
	for i, v := range g.Values {
		if v == v {
			group := &out[i/stride%g.Sizes[parameter]]
			group.mean += v
			group.weight++
		}
	}
	for i := range out {
		if out[i].weight > 0 {
			out[i].mean /= out[i].weight
		}
	}
	return out
}
