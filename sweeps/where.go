package sweeps

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// filter returns the places in the product that sweep.where keeps. DuckDB makes the product itself, from one small
// relation a parameter, so combinations that are refused are never in memory here.
func (s *Space) filter(ctx context.Context, c *config.Config) ([]int64, error) {
	db, err := duck.Open(ctx, duck.Options{})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	sql, err := s.combinations(db, c)
	if err != nil {
		return nil, err
	}
	sql = fmt.Sprintf("select %s from (%s)\nwhere (%s\n)\norder by 1", ordinalColumn, sql, c.Sweep.Where)
	kept, err := s.ask(ctx, db, c.Sweep.Where, sql)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, config.Problems{c.Problem(c.Sweep.WherePos, whereHint(err, c), "sweep.where: %s", firstLine(err))}
	}
	if len(kept) == 0 {
		hint := "loosen the condition, or widen the values"
		return nil, config.Problems{c.Problem(c.Sweep.WherePos, hint, "sweep.where keeps none of %d combinations", s.size)}
	}
	return kept, nil
}

// ordinalColumn is a name that no parameter has.
const ordinalColumn = `"the point"`

// combinations registers the parameters and returns the query of all combinations: the place in the product, the varied
// parameters, and the others at their defaults.
func (s *Space) combinations(db *duck.DB, c *config.Config) (string, error) {
	ordinal, columns, from := []string{"0::bigint"}, []string(nil), []string(nil)
	varied := map[string]bool{}
	for k, p := range s.Parameters {
		relation := fmt.Sprintf("varied %d", k)
		index := make([]int64, p.Len())
		for i := range index {
			index[i] = int64(i) * s.stride[k]
		}
		table := duck.Table{Names: []string{"the index", p.Name}, Columns: []arrow.Array{intColumn(index), anyColumn(p.bound, p.Type)}}
		if err := db.RegisterTable(relation, table); err != nil {
			return "", fmt.Errorf("parameter %s: %w", p.Name, err)
		}
		ordinal = append(ordinal, duck.Quote(relation)+`."the index"`)
		columns = append(columns, duck.Quote(relation)+"."+duck.Quote(p.Name))
		from = append(from, duck.Quote(relation))
		varied[p.Name] = true
	}
	defaults := duck.Table{Names: []string{"no parameter"}, Columns: []arrow.Array{intColumn([]int64{0})}}
	for _, p := range c.Parameters {
		if varied[p.Name] {
			continue
		}
		defaults.Names = append(defaults.Names, p.Name)
		value := p.Value.Any()
		defaults.Columns = append(defaults.Columns, anyColumn([]any{value}, typeOfValue(value)))
		columns = append(columns, "defaults."+duck.Quote(p.Name))
	}
	if err := db.RegisterTable("defaults", defaults); err != nil {
		return "", err
	}
	return fmt.Sprintf("select %s as %s, %s from %s, defaults", strings.Join(ordinal, " + "), ordinalColumn,
		strings.Join(columns, ", "), strings.Join(from, ", ")), nil
}

func (s *Space) ask(ctx context.Context, db *duck.DB, where, sql string) ([]int64, error) {
	if err := db.CheckRow(ctx, where); err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, sql, duck.Refuse)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	kept := []int64{}
	for rows.Next() {
		kept = append(kept, rows.Table().Columns[0].(*array.Int64).Values()...)
	}
	return kept, rows.Err()
}

func whereHint(err error, c *config.Config) string {
	var d *duck.Error
	if errors.As(err, &d) {
		var names []string
		for _, p := range c.Parameters {
			names = append(names, p.Name)
		}
		if name := d.Reserved(names); name != "" {
			quoted := regexp.MustCompile(`(?i)\b`+name+`\b`).ReplaceAllLiteralString(c.Sweep.Where, duck.Quote(name))
			return fmt.Sprintf("%s is a word of SQL: as a name it stands in double quotes: where: '%s'", name, strings.ReplaceAll(quoted, "'", "''"))
		}
	}
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		return hinted.Hint()
	}
	return "where is a SQL condition over the config's parameters, such as lasso_alpha < 0.1"
}

// firstLine is an error without the excerpt of a query that the user didn't write.
func firstLine(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n")
	return text
}

func intColumn(v []int64) arrow.Array {
	b := array.NewInt64Builder(memory.DefaultAllocator)
	b.AppendValues(v, nil)
	return b.NewArray()
}

// anyColumn makes a column of values of type t, or of lists. Lists of one type become lists of it; others hold text.
func anyColumn(values []any, t frame.Type) arrow.Array {
	var b array.Builder = array.NewBuilder(memory.DefaultAllocator, t.Arrow())
	if len(values) > 0 && isList(values[0]) {
		b = array.NewListBuilder(memory.DefaultAllocator, elementType(values).Arrow())
	}
	for _, v := range values {
		appendAny(b, v)
	}
	return b.NewArray()
}

func elementType(lists []any) frame.Type {
	var t frame.Type
	for _, list := range lists {
		for _, v := range list.([]any) {
			switch of := typeOfValue(v); {
			case t == 0 || t == of:
				t = of
			case t == frame.Int64 && of == frame.Float64, t == frame.Float64 && of == frame.Int64:
				t = frame.Float64
			default:
				return frame.String
			}
		}
	}
	if t == 0 {
		return frame.String
	}
	return t
}

func appendAny(b array.Builder, v any) {
	if v == nil {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.ListBuilder:
		b.Append(true)
		for _, item := range v.([]any) {
			appendAny(b.ValueBuilder(), item)
		}
	case *array.Int64Builder:
		b.Append(v.(int64))
	case *array.Float64Builder:
		if whole, ok := v.(int64); ok {
			v = float64(whole)
		}
		b.Append(v.(float64))
	case *array.BooleanBuilder:
		b.Append(v.(bool))
	case *array.StringBuilder:
		b.Append(fmt.Sprint(v))
	}
}
