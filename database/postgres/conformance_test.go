package postgres

import (
	"slices"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/database/databasetest"
)

// The suite runs on tables without indexes, and on tables with each index that is read in another way.
func TestConformance(t *testing.T) {
	t.Run("plain", func(t *testing.T) { databasetest.Run(t, harness{}) })
	t.Run("linguistic collation", func(t *testing.T) { databasetest.Run(t, harness{linguistic: true}) })
	t.Run("index by time", func(t *testing.T) {
		databasetest.Run(t, harness{linguistic: true, finish: index("time_index", "unique_identifier")})
	})
	t.Run("index by identifier", func(t *testing.T) {
		databasetest.Run(t, harness{linguistic: true, finish: index("unique_identifier", "time_index")})
	})
	t.Run("both indexes", func(t *testing.T) {
		databasetest.Run(t, harness{finish: func(table databasetest.Table) string {
			return index("time_index")(table) + index("unique_identifier", "time_index")(table)
		}})
	})
}

// index makes an index on columns where a table has them.
func index(columns ...string) func(databasetest.Table) string {
	return func(table databasetest.Table) string {
		for _, name := range columns {
			if !slices.ContainsFunc(table.Columns, func(c databasetest.Column) bool { return c.Name == name }) {
				return ""
			}
		}
		return "create index on " + identifier(table.Name) + " (" + strings.Join(columns, ", ") + "); analyze " + identifier(table.Name) + ";"
	}
}
