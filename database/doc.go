// Package database holds what the sources of rows have in common: addresses, errors, and the order of work behind them.
//
// An address is one of
//
//	files:FOLDER                       every FOLDER/<table>.parquet or .csv is a table
//	duckdb:FILE                        a DuckDB file, opened read only where rows are read
//	postgres://user@host/database      a PostgreSQL server; postgresql:// is the same
//
// [Parse] takes one apart and says what is wrong with it. The packages files, duckdb and postgres below this one read
// rows: each has Open(ctx, Address), whose Source begins views; a view answers for all nodes of a snapshot from one
// state of the database. What a view promises stands in package lake, at the interface that they meet; package
// databasetest holds it against each of them.
//
// A database's secrets are in no message and no name that leaves these packages.
package database
