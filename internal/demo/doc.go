// Package demo makes a market that never was: daily prices of invented companies in three sectors, and two invented
// funds, XFN and XEN, that hold the largest of two of the sectors and are reweighted every quarter.
//
// The same bytes come out whatever the machine, the Go version or the day: the random numbers are written out here, and
// the arithmetic is only + - * / on float64, with every product rounded before it is added to anything (an explicit
// conversion, which forbids fusing).
//
// The market has what real data has: holidays, time stamps at midnight in New York (so 04:00Z in summer and 05:00Z in
// winter), missing days, a missing price, a suspended company, one that lists late and one that is delisted.
package demo
