package compute

import "math"

// decay is a mean whose weights halve every halflife rows. Nothing is ever subtracted, so what leaves the window leaves nothing behind: the window is the
// end of one block of its own size, whose sums were made from its last row back, and the beginning of the next.
type decay struct {
	keep   float64   // the weight of a row's age of 1
	powers []float64 // of an age

	tails  []weighted // of the block before, from each of its rows to its last
	head   weighted   // of the block that has begun
	begun  int        // its rows
	window []float64
	n      int // values in the window
}

// weighted is a sum of weighted values and of their weights.
type weighted struct{ sum, weight float64 }

func newDecay(size int, halflife float64) *decay {
	d := &decay{keep: math.Pow(0.5, 1/halflife), powers: make([]float64, size), tails: make([]weighted, size)}
	for age := range d.powers {
		d.powers[age] = math.Pow(0.5, float64(age)/halflife)
	}
	return d
}

func (d *decay) restart(window []float64) {
	d.n = 0
	for _, v := range window {
		if known(v) {
			d.n++
		}
	}
	d.begin(window)
}

// begin makes the window the block before.
func (d *decay) begin(window []float64) {
	d.window, d.head, d.begun = window, weighted{}, 0
	var tail weighted
	window = window[:len(d.tails)]
	for age, w := range d.powers {
		i := len(window) - 1 - age
		if v := window[i]; known(v) {
			tail.sum += float64(w * v)
			tail.weight += w
		}
		d.tails[i] = tail
	}
}

func (d *decay) advance(values []float64) {
	d.window = values[1:]
	if known(values[0]) {
		d.n--
	}
	d.head.sum *= d.keep
	d.head.weight *= d.keep
	if v := values[len(values)-1]; known(v) {
		d.head.sum += v
		d.head.weight++
		d.n++
	}
	if d.begun++; d.begun == len(d.tails) {
		d.begin(d.window)
	}
}

func (d *decay) count() int { return d.n }

func (d *decay) value() float64 {
	tail, age := d.tails[d.begun], d.powers[d.begun]
	sum, weight := float64(age*tail.sum)+d.head.sum, float64(age*tail.weight)+d.head.weight
	if !known(sum) {
		return d.direct(weight)
	}
	return sum / weight
}

// direct computes the value from the window alone, each part of it divided at once, for a sum that overflows.
func (d *decay) direct(weight float64) float64 {
	mean := 0.0
	for i, v := range d.window {
		if known(v) {
			mean += float64(v * (d.powers[len(d.window)-1-i] / weight))
		}
	}
	return mean
}
