// Package lake keeps nodes' rows on disk as plain Parquet that anything reads: docs/lake-format.md is its format.
//
// A lake is a folder of date ranges, a date range a folder of nodes:
//
//	<dir>/<datalake_name>/<start>_<end>/
//	    <local_hash_id>/time_partition=2022/20220101_20230101.parquet
//	    <local_hash_id>/_manifest.json
//	    _before/<local_hash_id>/20220729T040000Z.parquet
//	    _snapshot.json  _lock  sweeps/  logs/
//
// Words: a part is one Parquet file of a node, named by the half-open range of time it covers; parts never overlap. What is
// covered is known to be complete: a covered range without a part has no rows. As-of rows are the last rows before a
// boundary, which tell what is valid there.
//
// # Promises
//
//   - A node without a manifest does not exist. Its manifest is written last, to a temporary name, fsynced and renamed, as
//     is every other file; a run that is killed leaves a lake as it was, and temporary files that the next writer sweeps.
//   - A part never changes once a manifest names it. A wider lookback or a later fetch adds parts.
//   - One writer at a time, by a lock on a file that ends with its process. Readers need no lock: where what they read is
//     replaced under them they look again.
//   - Bytes of parts and manifests depend on the rows and the node alone: not on the database they came from, how it cut
//     them into batches, the time of day or the machine.
//   - What is read back is checked: a file of the wrong size or content is a *[DamageError] that names it and says how to
//     mend it, never a wrong number.
//
// Times are microseconds since the epoch, UTC. [graph.Beginning] as a start means since ever.
package lake
