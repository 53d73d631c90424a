package demo

import (
	"cmp"
	"slices"
)

// fund holds the largest companies of a sector by their value, reweighted on the last trading day of a quarter.
type fund struct {
	ticker  string
	sector  string
	members int
	price   float64
	returns []float64
	held    []holding
}

// holding is a part of a fund from the reweighting at position t on.
type holding struct {
	t       int
	company *company
	weight  float64 // a part of 1
}

func makeFunds(companies []*company, n int, ends []int) []*fund {
	funds := []*fund{
		{ticker: "XEN", sector: "ENE", members: 20, price: 60},
		{ticker: "XFN", sector: "FIN", members: 36, price: 30},
	}
	for _, f := range funds {
		f.returns = make([]float64, n)
		for k, t := range ends {
			end := n
			if k+1 < len(ends) {
				end = ends[k+1] + 1
			}
			f.hold(f.choose(companies, t), t, end)
		}
	}
	return funds
}

// choose returns the largest listed companies of the fund's sector at position t, weighted by value: at most 12% each,
// before the weights are made to add up to one.
func (f *fund) choose(companies []*company, t int) []holding {
	var held []holding
	for _, c := range companies {
		if c.sector == f.sector && c.listed[t] {
			held = append(held, holding{t: t, company: c, weight: c.valueAt(t)})
		}
	}
	slices.SortStableFunc(held, func(a, b holding) int { return cmp.Compare(b.weight, a.weight) })
	held = held[:min(f.members, len(held))]
	limitWeights(held, 0.12)
	return held
}

func limitWeights(held []holding, most float64) {
	normalise(held)
	for i := range held {
		held[i].weight = min(held[i].weight, most)
	}
	normalise(held)
}

func normalise(held []holding) {
	sum := 0.0
	for _, h := range held {
		sum += h.weight
	}
	for i := range held {
		held[i].weight /= sum
	}
}

// hold lets the fund earn its members' returns from the day after t until before end, weights drifting with prices, with
// costs and a little tracking error.
func (f *fund) hold(held []holding, t, end int) {
	f.held = append(f.held, held...)
	noise := newStream(f.ticker + " " + held[0].company.ticker)
	drifting := slices.Clone(held)
	for day := t + 1; day < end; day++ {
		earned := 0.0
		for i := range drifting {
			h := &drifting[i]
			if h.company.listed[day] {
				earned += float64(h.weight * h.company.returns[day])
				h.weight = float64(h.weight * (1 + h.company.returns[day]))
			}
		}
		normalise(drifting)
		f.returns[day] = earned - 0.000005 + float64(0.0002*noise.normal())
	}
}

// valueAt returns the company's market value at position t.
func (c *company) valueAt(t int) float64 {
	value := c.size
	for day := 1; day <= t; day++ {
		value = float64(value * (1 + c.returns[day]))
	}
	return value
}
