package files

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/duck"
)

// parquet returns what reads Parquet files. Several are parts of one table: each has the columns that it has, and what folders of the form year=2024
// say is a column too.
func (c *folder) parquet(ctx context.Context, db duck.Session, files []string) (relation.Found, error) {
	if len(files) > 1 || strings.Contains(files[0], "=") && strings.Contains(files[0], "/") {
		paths := make([]string, len(files))
		for i, file := range files {
			paths[i] = c.literal(file)
		}
		hive := strings.Contains(files[0], "=")
		return relation.Found{From: fmt.Sprintf("read_parquet([%s], union_by_name = true, hive_partitioning = %t)", strings.Join(paths, ", "), hive)}, nil
	}
	found := relation.Found{From: fmt.Sprintf("read_parquet(%s, hive_partitioning = false)", c.literal(files[0]))}
	columns, err := db.Columns(ctx, "from "+found.From)
	if err != nil || !slices.ContainsFunc(columns, func(c duck.Column) bool { return numbered.MatchString(c.Name) }) {
		return found, err
	}
	found.Names, err = c.columnNames(ctx, db, files[0])
	if len(found.Names) != len(columns) {
		found.Names = nil
	}
	return found, err
}

// numbered is how DuckDB names a column whose name differs from another's in case alone.
var numbered = regexp.MustCompile(`_\d+$`)

// columnNames returns the names of a Parquet file's columns as they are written in it.
func (c *folder) columnNames(ctx context.Context, db duck.Session, file string) (names []string, err error) {
	rows, err := db.Query(ctx, fmt.Sprintf("select name, coalesce(num_children, 0) from parquet_schema(%s)", c.literal(file)), duck.Refuse)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	first, within := true, int64(0) // within: elements to come of the column that was named last
	for rows.Next() {
		t := rows.Table()
		for i := range t.Rows() {
			children := t.Columns[1].(*array.Int64).Value(i)
			switch {
			case first:
				first = false
			case within > 0:
				within += children - 1
			default:
				names = append(names, t.Columns[0].(*array.String).Value(i))
				within = children
			}
		}
	}
	return names, rows.Err()
}
