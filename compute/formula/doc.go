// Package formula evaluates the programs of package graph/expression on a table of times and
// identifiers.
//
// Values are float64 grids, an identifier after the other, NaN where missing. Conditions are 1 and 0,
// text is a code in the table's vocabulary, times are microseconds and dates days since the epoch:
// all of them pass through the same operations.
//
// Operations that read one identifier run for that identifier from the first to the last, so that
// what lies between stays in the processor's cache; operations across identifiers divide a program
// into stages. Every window is summed in its own order, oldest first, or exactly: a row's bits depend
// on the rows of its windows alone, not on where the table begins or on the number of jobs.
package formula
