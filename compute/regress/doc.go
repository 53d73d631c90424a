// Package regress fits rolling lasso regressions exactly: one fit a row of a time grid, each over the last rows up to and
// including it.
//
// The objective is scikit-learn's,
//
//	1/(2n) ||y - Xb||² + alpha (l1_ratio ||b||₁ + (1 - l1_ratio)/2 ||b||²)
//
// with b >= 0 where Spec.Positive is set. Multiplied by n it depends on the data only through the Gram matrix G = X'X and
// the vector c = X'y, which are rolled from row to row: a row comes in, a row goes out.
//
// # Exactly reproducible
//
// A fit's bits depend on the rows it reads and on nothing else. Three rules see to that.
//
//   - Sums restart at anchors, the first row of each UTC month (or the first complete window of a history that begins too
//     late for that one), and roll forward from there. A restart adds the rows of the window's first month one by one, then
//     the sums of each whole month in between, then the rows of the last month. Months at either end are never taken as
//     wholes, since whether they are whole is decided by rows outside the window.
//   - Every entry of G, c and of the Cholesky factor is accumulated in one fixed order, entry by entry, so neither the
//     number of columns beside it nor a wider instruction set changes it. Products are rounded before they are added.
//   - The search for the active set starts cold at an anchor. Wherever it went, the answer is solved from the active set
//     alone, its columns in ascending order.
//
// # Finding the active set
//
// Block principal pivoting (Portugal, Júdice and Vicente 1994; Kim and Park 2011), warm-started from the row before: solve
// on the active set, swap every column whose sign is wrong, until none is. It needs the active columns independent. Where
// they are not (more columns than rows, collinear columns), the primal active-set method of Lawson and Hanson (1974, ch. 23),
// extended to steps along a null direction, takes over from an empty set.
//
// Columns that differ by so little that products can't tell them apart, but by more than rounding, have no set that meets the conditions. From such a
// window until the month ends the later of them is left out, and told with each fit ([Twin]).
package regress
