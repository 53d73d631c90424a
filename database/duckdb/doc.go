// Package duckdb reads a DuckDB file as a database. The file is opened read only and held: DuckDB's lock keeps writers out
// for as long as a view is open, so a view is one state of the file. A file that another process writes to is refused.
//
// Tables and views are found by their exact names, in the main schema or as schema.table. A view of the file that reads
// other files is refused, as are queries that do.
package duckdb
