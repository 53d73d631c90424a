// Package compute evaluates nodes: the engine, and one file a kind.
//
// The [Engine] is given the targets first ([Engine.Plan]), works out from when each node is needed, and then evaluates
// them on demand ([Engine.Eval]). Results live in the hot cache, which may forget any of them at any time; what is missing
// is computed again. Inputs are evaluated before a slot is taken, so no slot is held while waiting for another's result.
//
// A [Result] covers a range [From, end) and no more. From is the earliest time that any consumer in the plan needs; rows
// before it never appear. What a kind computes at a time t depends on its inputs' rows within its own lookback, so a wider
// range has the same rows where both have any. The one exception is long_short_portfolio, whose value accumulates from
// datalake_start: it has no rows before that.
//
// Kinds python and command are computed by an [External], in other processes: see package python.
//
// Regressions that differ in nothing but lasso_alpha share their sums and are evaluated together; each has the bits it
// would have alone. See package regress for how.
package compute
