// Package sweeps runs a hyperparameter space: many points of one pipeline, each a combination of parameter values, and
// metrics of the target at each.
//
// A [Space] numbers the points: the product of sweep.vary in canonical order, which is the order written, the first
// parameter varying slowest, without what sweep.where refuses. A [Plan] finds who each point's node is and what is stored of
// it; [Run] makes the nodes, one by one, does the rest and leaves the [Plan]'s Results complete, for [Plan.Ranked] and [Plan.Table].
//
//	plan, err := sweeps.NewPlan(ctx, sweeps.Request{Config: c, Pipeline: p, Lake: d, Sources: sweeps.StoredSources(p, d)})
//	err = engine.Plan(ctx, plan.Missing(options), cut)
//	report, err := sweeps.Run(ctx, plan, sweeps.Compute(engine, c.Start), options)
//
// # On disk
//
// A sweep's folder is <DateRange>/sweeps/<sweep hash>. The sweep hash covers the target with the varied parameters open,
// not the values, the where or the metrics: a sweep that is widened finds its folder again.
//
//   - points-00000.parquet: the present space, whole, in canonical order: the parameters, local_hash_id, rows, first_time,
//     last_time, ruin_time, warning, and a column a metric. Lists are their JSON text. A missing metric is NULL.
//   - target-*.parquet, where asked for: the target's rows with the point's parameters before its own columns.
//   - chunk-*.parquet and target-chunk-*.parquet: what a run has committed that isn't finished.
//   - kept-*.parquet: points and metrics that were computed and that the config no longer has.
//   - legs-*.bin: what the sides of portfolios came to (see [Legs]), for the next run. Nothing depends on them.
//   - failed.jsonl: the points that failed in the last run, a line each, and why.
//   - _sweep.json: what the points are, for other programs.
//
// What is stored of a point is what rows there are of it, and nothing else: there is no list of jobs that could
// disagree. Files are written under a temporary name, flushed, and renamed; nothing is deleted before all it held is in
// another file. A kill at any moment loses what was done since the last chunk, about two seconds, and the same command goes
// on. A metric is known by its definition, not by its name: one whose SQL or options changed is computed anew, one that is
// renamed is not. Points are stale, and computed again, when a part of the lake that they were computed from is gone or
// changed; parts that were added make nothing stale.
//
// # Promises
//
// The bytes of points-*.parquet, target-*.parquet and _sweep.json are a function of the config, the nodes' rows and the
// parts they come from: not of the number of jobs, of the order in which points finished, of interruptions, or of which points
// an earlier version of the sweep had. SQL metrics run on one thread over whole points with their rows in key order, and
// nothing in them can look beyond its point: not even the types of others' columns (see column.widen).
//
// # Left out
//
// Evaluating nodes is the business of an [Engine]; taking the snapshot and the lake's lock, that of the caller.
package sweeps
