package duck

import (
	"context"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// function is what DuckDB's catalog says of the functions of one name.
type function struct {
	table     bool // it is called in FROM
	scalar    bool // it is called in expressions
	unstable  bool // VOLATILE or CONSISTENT_WITHIN_QUERY: not the same each time
	aggregate bool // it makes one answer of many rows, or looks at them through a window
}

// tables are the table functions that only read. The others, among them enable_logging and enable_profiling, which
// write files, and arrow_scan, which reads raw memory, are refused.
var tables = []string{
	"range", "generate_series", "unnest", "repeat", "repeat_row", "summary", "query_table", scanFunction,
	"read_parquet", "parquet_scan", "parquet_metadata", "parquet_schema", "parquet_file_metadata", "parquet_kv_metadata", "parquet_bloom_probe",
	"read_csv", "read_csv_auto", "sniff_csv", "read_json", "read_json_auto", "read_json_objects", "read_json_objects_auto", "read_ndjson", "read_ndjson_auto", "read_ndjson_objects",
	"read_text", "read_blob", "glob", "json_each", "json_tree",
	"duckdb_columns", "duckdb_constraints", "duckdb_databases", "duckdb_functions", "duckdb_indexes", "duckdb_keywords", "duckdb_memory", "duckdb_schemas",
	"duckdb_sequences", "duckdb_settings", "duckdb_tables", "duckdb_types", "duckdb_views", "pragma_table_info", "pragma_show", "pragma_version", "pragma_database_size", "pragma_storage_info",
	"pg_timezone_names", "icu_calendar_names", "test_all_types", "test_vector_types", "sql_auto_complete", "histogram", "histogram_values",
}

// fileReaders are the table functions that read files.
var fileReaders = []string{
	"read_parquet", "parquet_scan", "parquet_metadata", "parquet_schema", "parquet_file_metadata", "parquet_kv_metadata", "parquet_bloom_probe",
	"read_csv", "read_csv_auto", "sniff_csv", "read_json", "read_json_auto", "read_json_objects", "read_json_objects_auto", "read_ndjson", "read_ndjson_auto", "read_ndjson_objects",
	"read_text", "read_blob", "glob",
}

// effects are the scalar functions that change something or show what is none of a query's business.
var effects = map[string]string{
	"nextval":                     "it changes a sequence",
	"setval":                      "it changes a sequence",
	"setseed":                     "it changes the session",
	"write_log":                   "it writes to a log",
	"getenv":                      "it reads the environment",
	"query":                       "it runs SQL that has not been checked",
	"json_execute_serialized_sql": "it runs SQL that has not been checked",
	"from_substrait":              "it runs SQL that has not been checked",
	"from_substrait_json":         "it runs SQL that has not been checked",
	"which_secret":                "it reads secrets",
	"duckdb_secrets":              "it reads secrets",
	"add_parquet_key":             "it changes the session",
	"current_connection_id":       "it tells nothing of the data",
	"current_transaction_id":      "it tells nothing of the data",
	"txid_current":                "it tells nothing of the data",
	"current_query_id":            "it tells nothing of the data",
	"sleep_ms":                    "it waits",
}

// refused says why a function has no place in a query that only reads, or "".
func (f function) refused(name string) string {
	if reason, ok := effects[name]; ok {
		return reason
	}
	if f.table && !f.scalar && !slices.Contains(tables, name) {
		return "it does more than read"
	}
	return ""
}

// known returns what is known of functions by name; nil where the statement calls none. Those of a database in memory are
// DuckDB's own (see builtin.go); a file may have macros of its users, so its catalog is read, once.
func (d *DB) known(ctx context.Context, called []string) (map[string]function, error) {
	if len(called) == 0 {
		return nil, nil
	}
	if d.memory {
		return builtin(), nil
	}
	if m := d.functions.Load(); m != nil {
		return *m, nil
	}
	m, err := d.catalog(ctx)
	if err != nil {
		return nil, err
	}
	d.functions.Store(&m)
	return m, nil
}

// catalog reads all functions there are, which takes DuckDB some twenty milliseconds.
func (d *DB) catalog(ctx context.Context) (map[string]function, error) {
	const sql = `select lower(function_name), bool_or(function_type in ('table', 'table_macro', 'pragma')),
		bool_or(function_type not in ('table', 'table_macro', 'pragma')), coalesce(bool_or(stability in ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')), false),
		bool_or(function_type in ('aggregate', 'window') or function_type = 'macro' and function_name = 'weighted_avg')
		from duckdb_functions() group by 1`
	rows, err := d.Query(ctx, sql, Refuse)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	m := map[string]function{}
	for rows.Next() {
		t := rows.Table()
		name := t.Columns[0].(*array.String)
		flag := func(c, i int) bool { return t.Columns[c].(*array.Boolean).Value(i) }
		for i := range t.Rows() {
			m[name.Value(i)] = function{table: flag(1, i), scalar: flag(2, i), unstable: flag(3, i), aggregate: flag(4, i)}
		}
	}
	return m, rows.Err()
}

// calls returns the names, in lower case, that stand before a parenthesis.
func calls(tokens []token) []string {
	var out []string
	for i := 1; i < len(tokens); i++ {
		if name := tokens[i-1].name(); tokens[i].sign("(") && name != "" {
			out = append(out, name)
		}
	}
	return out
}
