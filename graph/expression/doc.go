// Package expression reads the formulas of nodes of kind expression: "mean(close, 20) > lag(close, 5)".
//
// [Parse] turns text into a syntax tree. [Compile] checks a set of named formulas against the
// columns that may be read and the table of [Functions], and turns all of them into one [Program]: a
// list of operations, equal ones once, inputs before what reads them. A program's text is its
// identity: it does not depend on spaces, brackets, the names of intermediate formulas, or their
// order. Its lookback is the number of rows that its first row needs from before.
//
// Faults carry the place in the text where they were found.
//
// The package knows no data: package compute evaluates programs.
package expression
