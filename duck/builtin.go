package duck

import (
	"strings"
	"sync"
)

// tableFunctions are DuckDB's functions that are called in FROM, or as a PRAGMA, and not in expressions. Listed here because asking the
// catalog takes longer than most queries; TestBuiltinFunctions holds the lists against the catalog of the DuckDB that is linked in.
const tableFunctions = `
	add_parquet_key arrow_scan arrow_scan_dumb check_peg_parser checkpoint collations copy_database create_external_resource database_list database_size
	dbgen deregister_external_resource destroy_external_resource disable_checkpoint_on_shutdown disable_logging disable_object_cache disable_optimizer
	disable_print_progress_bar disable_profile disable_profiling disable_progress_bar disable_verification disable_verify_parallelism dsdgen
	duckdb_approx_database_count duckdb_available_metrics duckdb_columns duckdb_connection_count duckdb_constraints duckdb_coordinate_systems
	duckdb_databases duckdb_dependencies duckdb_dialects duckdb_eviction_queues duckdb_extension_repositories duckdb_extensions
	duckdb_external_file_cache duckdb_external_resource_types duckdb_external_resources duckdb_functions duckdb_grammar_extensions duckdb_indexes
	duckdb_keywords duckdb_log_contexts duckdb_logs duckdb_logs_parsed duckdb_memory duckdb_optimizers duckdb_prepared_statements
	duckdb_profiling_settings duckdb_schemas duckdb_secret_type_parameters duckdb_secret_types duckdb_secrets duckdb_sequences duckdb_settings
	duckdb_table_sample duckdb_tables duckdb_temporary_files duckdb_triggers duckdb_types duckdb_variables duckdb_views enable_checkpoint_on_shutdown
	enable_logging enable_object_cache enable_optimizer enable_print_progress_bar enable_profile enable_profiling enable_progress_bar enable_verification
	extension_versions force_checkpoint functions glob histogram_values icu_calendar_names import_database json_each json_execute_serialized_sql
	json_tree metadata_info parquet_bloom_probe parquet_file_metadata parquet_full_metadata parquet_kv_metadata parquet_metadata parquet_scan
	parquet_schema pg_timezone_names platform pragma_collations pragma_database_size pragma_metadata_info pragma_platform pragma_show pragma_storage_info
	pragma_table_info pragma_user_agent pragma_version query query_table read_blob read_csv read_csv_auto read_duckdb read_json read_json_auto
	read_json_objects read_json_objects_auto read_ndjson read_ndjson_auto read_ndjson_objects read_parquet read_single_csv_file read_single_json_file
	read_single_parquet_file read_text register_external_resource register_external_resource_type repeat_row seq_scan show show_databases show_tables
	show_tables_expanded sniff_csv sql_auto_complete sql_tokenize storage_info summary table_info tdlake_scan test_all_types test_vector_types tpcds
	tpcds_answers tpcds_queries tpch tpch_answers tpch_queries truncate_duckdb_logs unnest user_agent verify_parallelism which_secret
`

// unstableFunctions are those whose answer is not the same each time, in the catalog's opinion.
const unstableFunctions = `
	current_connection_id current_database current_date current_query current_query_id current_schema current_schemas current_setting
	current_transaction_id currval error gen_random_uuid get_current_time get_current_timestamp getvariable in_search_path nextval now random setseed
	setval sleep_ms stats today transaction_timestamp txid_current uuid uuidv4 uuidv7 vector_type write_log
`

// aggregates are those that look at many rows: aggregate and window functions, and DuckDB's one macro that is an aggregate.
const aggregates = `
	any_value approx_count_distinct approx_quantile approx_top_k arbitrary arg_max arg_max_null arg_max_nulls_last arg_min arg_min_null
	arg_min_nulls_last argmax argmin array_agg avg bit_and bit_or bit_xor bitstring_agg bool_and bool_or combine_aggr corr count count_if count_star
	countif covar_pop covar_samp cume_dist decimal_average dense_rank entropy favg fill first first_value fsum group_concat histogram histogram_exact
	kahan_sum kurtosis kurtosis_pop lag last last_value lead list listagg lttb mad max max_by mean median min min_by mode nth_value ntile percent_rank
	product quantile quantile_cont quantile_disc rank rank_dense regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy
	regr_syy reservoir_quantile row_number sem skewness stddev stddev_pop stddev_samp string_agg sum sum_no_overflow sumkahan var_pop var_samp variance
	variant_group_object weighted_avg
`

// keywords are words that are no column's name unless they are quoted.
const keywords = `
	all analyse analyze and anti any array as asc asof asymmetric at authorization binary both by case cast check collate collation column columns
	concurrently constraint create cross default deferrable desc describe distinct do else end except false fetch for foreign freeze from full generated
	glob group having ilike in initially inner intersect into is isnull join lambda lateral leading left like limit map natural not notnull null offset
	on only or order outer overlaps pivot pivot_longer pivot_wider placing positional primary qualify references returning right select semi show similar
	some struct summarize symmetric table tablesample then to trailing true try_cast tuple union unique unpack unpivot using variadic verbose when where
	window with
`

// reserved is the set of keywords.
var reserved = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, word := range strings.Fields(keywords) {
		m[word] = true
	}
	return m
})

// builtin returns what is known of DuckDB's own functions. Those of which there is nothing to say are not in it.
var builtin = sync.OnceValue(func() map[string]function {
	m := map[string]function{}
	for _, name := range strings.Fields(tableFunctions) {
		m[name] = function{table: true}
	}
	for _, name := range strings.Fields(unstableFunctions) {
		f := m[name]
		f.unstable = true
		m[name] = f
	}
	for _, name := range strings.Fields(aggregates) {
		f := m[name]
		f.aggregate = true
		m[name] = f
	}
	return m
})
