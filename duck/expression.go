package duck

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// CheckRow is CheckCondition, and refuses besides what is not about each row alone: aggregates, window functions and queries, by which a row
// of today would be in or out because of tomorrow's, and columns by their place (#3), which depends on the relation.
func (d *DB) CheckRow(ctx context.Context, where string) error {
	if err := d.CheckCondition(ctx, where); err != nil {
		return err
	}
	if err := d.refuseOtherRows(ctx, where); err != nil {
		return err
	}
	return d.CheckParts(ctx, where, map[string]error{
		"SUBQUERY":             &RefusedError{"it has a query within it", otherRowsHint},
		"WINDOW":               &RefusedError{"it has a window function", otherRowsHint},
		"POSITIONAL_REFERENCE": ErrPosition,
	})
}

const otherRowsHint = "compare the row's own columns; what needs other rows belongs in a node of kind sql, whose lookback says how many"

// ErrPosition is what is wrong with #3 in an expression.
var ErrPosition error = &RefusedError{"it takes a column by its place, such as #3", "write the column's name: its place depends on what else is there"}

// refuseOtherRows names the function that makes one answer of many rows.
func (d *DB) refuseOtherRows(ctx context.Context, where string) error {
	tokens, err := tokenize(where)
	if err != nil {
		return err
	}
	called := calls(tokens)
	known, err := d.known(ctx, called)
	if err != nil {
		return err
	}
	for _, name := range called {
		if known[name].aggregate {
			return &RefusedError{fmt.Sprintf("%s looks at other rows; a condition gives one answer a row, from that row alone", name), otherRowsHint}
		}
	}
	return nil
}

// CheckParts parses an expression and returns what is said of a class of parts that it has, of several the last by name. Classes are DuckDB's
// own: SUBQUERY, WINDOW, STAR, POSITIONAL_REFERENCE.
func (d *DB) CheckParts(ctx context.Context, expression string, refused map[string]error) error {
	tree, err := d.parse(ctx, expression)
	if err != nil {
		return err
	}
	var found []string
	for class := range refused {
		if hasClass(tree, class) {
			found = append(found, class)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return refused[slices.Max(found)]
}

// parse returns DuckDB's description of a SELECT of an expression. What is no SQL is an *Error.
func (d *DB) parse(ctx context.Context, expression string) (any, error) {
	rows, err := d.Query(ctx, fmt.Sprintf("select cast(json_serialize_sql(%s) as varchar)", Literal("select ("+expression+"\n)")), Refuse)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if !rows.Next() {
		return nil, rows.Err()
	}
	var tree struct {
		Error      bool   `json:"error"`
		Message    string `json:"error_message"`
		Statements any    `json:"statements"`
	}
	if err := json.Unmarshal([]byte(rows.Table().Columns[0].(*array.String).Value(0)), &tree); err != nil {
		return nil, err
	}
	if tree.Error {
		return nil, &Error{Parser, tree.Message}
	}
	return tree.Statements, nil
}

// hasClass looks for an expression of a class in DuckDB's description of a statement.
func hasClass(tree any, class string) bool {
	switch t := tree.(type) {
	case map[string]any:
		if t["class"] == class {
			return true
		}
		for _, v := range t {
			if hasClass(v, class) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(t, func(v any) bool { return hasClass(v, class) })
	}
	return false
}
