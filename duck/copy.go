package duck

import (
	"context"
	"fmt"
	"path/filepath"
)

// CopyTo writes a query's rows to a Parquet file, one of Options.AllowedFiles, in the query's order and with whatever
// types they have. The query has passed Check. Writing is neither atomic nor synced: write beside the file and rename.
func (d *DB) CopyTo(ctx context.Context, sql, path string) error {
	sql, err := Trim(sql)
	if err != nil {
		return err
	}
	if sql, err = copied(sql); err != nil {
		return err
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return err
	}
	return d.Exec(ctx, fmt.Sprintf("copy (%s\n) to %s (format parquet, compression zstd, use_tmp_file false)", sql, Literal(path)))
}

// copied turns what is a statement, but no query, into one.
func copied(sql string) (string, error) {
	tokens, err := tokenize(sql)
	if err != nil || len(tokens) == 0 {
		return sql, err
	}
	switch first := tokens[0]; {
	case first.is("summarize") || first.is("describe") || first.is("desc") || first.is("show"):
		return "select * from (" + sql + "\n)", nil
	case first.is("explain"):
		return "", &RefusedError{"a plan of EXPLAIN cannot be written as Parquet", "write it as CSV or JSON"}
	}
	return sql, nil
}
