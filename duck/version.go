package duck

import bindings "github.com/duckdb/duckdb-go-bindings"

// Version returns DuckDB's version, such as v2.0.0. No database is opened.
func Version() string { return bindings.LibraryVersion() }
