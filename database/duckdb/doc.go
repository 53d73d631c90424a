// Package duckdb reads a DuckDB file as a database, and keeps tdlake's tables in one.
//
// A [Source] is only read. The file is opened read only and held: DuckDB's lock keeps writers out
// for as long as a view is open, so a view is one state of the file. A file that another process writes to is refused.
//
// Tables and views are found by their exact names, in the main schema or as schema.table. Views and
// queries may read files of the folder that the file is in, and of those below it, and no others.
//
// [Tables] is what update keeps: in the same file as the users' tables, or in one of its own where the users' are no DuckDB
// file ([Beside]). All is in the schema tdlake, and readable views in tdlake_views; the users' tables are never written. One
// process has the file. Within it an update is one transaction, which is on disk when it is committed: a process that is
// killed leaves a file with whole updates, and the next one that opens it finds them.
package duckdb
