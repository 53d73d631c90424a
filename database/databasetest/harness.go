// Package databasetest holds the promises of a source of rows against an implementation: Run calls one test a promise.
//
// A package of a database writes a [Harness], which makes a database with given tables and opens it, and calls Run with
// it. All databases pass the same suite, with the same rows expected to the bit: a lake's bytes do not tell which
// database they came from.
package databasetest

import (
	"context"
	"iter"
	"testing"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Source is a database under test.
type Source interface {
	Name() string
	Begin(ctx context.Context) (View, error)
}

// View is one consistent view of it: lake.View by shape.
type View interface {
	Hold(ctx context.Context, tables []graph.Table) error
	Schema(ctx context.Context, t graph.Table) (frame.Schema, error)
	Back(ctx context.Context, t graph.Table, before int64, n int) (at int64, short bool, err error)
	Rows(ctx context.Context, t graph.Table, from, to int64) iter.Seq2[*frame.Frame, error]
	At(ctx context.Context, t graph.Table, times []int64) (*frame.Frame, error)
	Before(ctx context.Context, t graph.Table, at int64) (*frame.Frame, error)
	Own(ctx context.Context, t graph.Table, from, end int64, n int) ([]graph.Tail, error)
	Warnings() []string
	Close() error
}

// Harness makes databases.
type Harness interface {
	// Open returns a new database that holds these tables and no others. What it needs ends with the test.
	Open(t *testing.T, tables ...Table) Source
}

// Table is a table to make. Rows are stored in the order given; there is no primary key.
type Table struct {
	Name    string
	Columns []Column
	Rows    [][]any // nil, or what the column's type says
}

// Column is a column to make.
type Column struct {
	Name string
	Type Type
}

// Type is a column's type in the database.
type Type uint8

const (
	Double      Type = iota + 1 // float64, NaN and infinities among them
	BigInt                      // int64
	SmallInt                    // int64, 16 bits in the database
	Bool                        // bool
	Text                        // string
	TimestampTZ                 // time.Time
	Timestamp                   // time.Time: its date and time in UTC, stored without a zone
	Date                        // time.Time: its date in UTC
	Decimal                     // string of digits; DECIMAL(18, 6) in the database
	Interval                    // string such as "3 days": a type that no node can hold
)

// SQL returns the type's name in the SQL that databases share.
func (t Type) SQL() string {
	return [...]string{"", "double precision", "bigint", "smallint", "boolean", "varchar", "timestamp with time zone", "timestamp", "date", "decimal(18,6)", "interval"}[t]
}
