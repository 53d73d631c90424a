package duck

import bindings "github.com/duckdb/duckdb-go-bindings"

// Version returns DuckDB's version, such as v1.5.6. No database is opened.
func Version() string { return bindings.LibraryVersion() }
