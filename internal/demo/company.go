package demo

import (
	"fmt"
	"time"
)

// sector is a group of companies that share a factor.
type sector struct {
	name   string  // prefix of its tickers: FIN01, FIN02, ...
	size   int     // companies
	drift  float64 // of the factor, a day
	spread float64 // standard deviation of the factor, a day
}

var sectors = []sector{
	{"FIN", 44, 0.00022, 0.0055},
	{"ENE", 26, 0.00008, 0.0085},
	{"TEC", 16, 0.00030, 0.0070},
}

// Companies with a story. The calendar dates are days on which the market was open.
const (
	lateTicker      = "FIN05" // lists late
	delistedTicker  = "ENE07" // disappears
	suspendedTicker = "FIN12" // is not traded for two weeks
)

var (
	lateStart     = time.Date(2023, time.March, 6, 0, 0, 0, 0, time.UTC)
	delisting     = time.Date(2023, time.November, 14, 0, 0, 0, 0, time.UTC)
	suspension    = time.Date(2022, time.October, 10, 0, 0, 0, 0, time.UTC)
	suspensionEnd = time.Date(2022, time.October, 24, 0, 0, 0, 0, time.UTC)
)

// company is one invented company: its true return of every day, and which of them anybody saw.
type company struct {
	ticker  string
	sector  string
	size    float64   // market value at the start, in billions
	price   float64   // at the start
	payout  float64   // a quarterly dividend as a part of the price
	returns []float64 // total return a day
	listed  []bool    // it exists on that day
	seen    []bool    // there is a row for that day
}

// makeCompanies makes every company of the market: a market factor, a sector's factor and noise of its own.
func makeCompanies(days []time.Time) []*company {
	market := factor(newStream("market"), len(days), 0.00025, 0.0095)
	var all []*company
	for _, s := range sectors {
		own := factor(newStream("sector "+s.name), len(days), s.drift, s.spread)
		for i := range s.size {
			all = append(all, makeCompany(fmt.Sprintf("%s%02d", s.name, i+1), s.name, days, market, own))
		}
	}
	return all
}

func factor(r *stream, n int, drift, spread float64) []float64 {
	out := make([]float64, n)
	for t := range out {
		out[t] = drift + float64(spread*r.shock())
	}
	return out
}

func makeCompany(ticker, sector string, days []time.Time, market, own []float64) *company {
	r := newStream(ticker)
	beta, loading, noise := r.between(0.7, 1.4), r.between(0.6, 1.3), r.between(0.007, 0.016)
	large := r.uniform()
	c := &company{
		ticker: ticker, sector: sector,
		size:    2 + float64(400*float64(large*float64(large*large))), // a few are very large
		price:   r.between(12, 240),
		payout:  r.between(0, 0.009),
		returns: make([]float64, len(days)),
		listed:  make([]bool, len(days)),
		seen:    make([]bool, len(days)),
	}
	for t, d := range days {
		c.returns[t] = float64(beta*market[t]) + float64(loading*own[t]) + float64(noise*r.shock())
		c.listed[t] = isListed(ticker, d)
		c.seen[t] = c.listed[t] && !isSuspended(ticker, d) && r.uniform() > 0.0015
	}
	return c
}

func isListed(ticker string, d time.Time) bool {
	switch ticker {
	case lateTicker:
		return !d.Before(lateStart)
	case delistedTicker:
		return d.Before(delisting)
	}
	return true
}

func isSuspended(ticker string, d time.Time) bool {
	return ticker == suspendedTicker && !d.Before(suspension) && d.Before(suspensionEnd)
}
