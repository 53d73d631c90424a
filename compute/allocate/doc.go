// Package allocate turns signals into weights: who is held long and short at one time, and how much
// of each. It knows no time series: package compute asks it at every rebalance.
package allocate
