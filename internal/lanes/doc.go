// Package lanes has the passes over a portfolio's rows that a sweep makes at every point: joining two legs, and what metrics are made of.
//
// Every number has one order of additions and multiplications, which is that of the Go code. Where the processor has AVX2, assembly takes
// whole groups of four rows in that very order, and the Go code the rest: the bits are the same.
package lanes
