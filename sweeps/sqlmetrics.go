package sweeps

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// sqlMetrics computes SQL metrics: one grouped query over a block of whole points, one thread, input in the order of the
// points and of the key within each. A group's aggregate then sees the same rows in the same order whatever else is in
// the block, which makes it the same to the bit.
type sqlMetrics struct {
	db *duck.DB
}

// pointColumn is a name that no column of a target has.
const pointColumn = "the point"

// checkedRelation is the relation of check. Blocks have others (see querySQL), so that no metric can name its relation.
const checkedRelation = "target 0"

// sqlOptions open the DuckDB of SQL metrics.
var sqlOptions = duck.Options{Threads: 1}

func openSQL(ctx context.Context) (*sqlMetrics, error) {
	db, err := duck.Open(ctx, sqlOptions)
	return &sqlMetrics{db}, err
}

// Ahead begins, in the background, what Run needs and takes as long as many points: to read values, and to open DuckDB where a metric is SQL. Call it
// before other work that Run has to wait for; Run closes what it opens.
func (p *Plan) Ahead() {
	p.background.Go(func() { p.read() }) // Run asks for the error
	if p.ToCompute() > 0 && p.hasSQL() {
		p.ahead = duck.Ahead(sqlOptions)
	}
}

func (p *Plan) hasSQL() bool {
	return slices.ContainsFunc(p.Metrics, func(m *Metric) bool { return m.SQL != "" })
}

// openSQL opens DuckDB, or waits for it where Ahead has begun to. What Ahead opened is given out once.
func (p *Plan) openSQL(ctx context.Context) (*sqlMetrics, error) {
	open := p.ahead
	if open == nil {
		return openSQL(ctx)
	}
	p.ahead = nil
	db, err := open()
	return &sqlMetrics{db}, err
}

func (s *sqlMetrics) close() error { return s.db.Close() }

// check finds each metric's type against a target of this schema, without a row. What is wrong is a problem at the
// metric's place.
func (s *sqlMetrics) check(ctx context.Context, c *config.Config, metrics []*Metric, target frame.Schema) (config.Problems, error) {
	table := duck.TableOf(frame.Empty(target))
	table.Names = append([]string{pointColumn}, table.Names...)
	table.Columns = append([]arrow.Array{intColumn(nil)}, table.Columns...)
	if err := s.db.RegisterTable(checkedRelation, table); err != nil {
		return nil, err
	}
	defer s.db.Unregister(checkedRelation)
	var problems config.Problems
	for _, m := range metrics {
		if m.SQL == "" {
			continue
		}
		if err := s.checkOne(ctx, m); err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			problems = append(problems, c.Problem(m.pos, metricHint(err, target), "the metric %s: %s", m.Name, firstLine(err)))
		}
	}
	return problems, nil
}

func (s *sqlMetrics) checkOne(ctx context.Context, m *Metric) error {
	if err := s.db.CheckCondition(ctx, m.SQL); err != nil {
		return err
	}
	if err := s.refuseAcross(ctx, m.SQL); err != nil {
		return err
	}
	columns, err := s.db.Columns(ctx, fmt.Sprintf("select (%s\n) as m from %s group by %s", m.SQL, duck.Quote(checkedRelation), duck.Quote(pointColumn)))
	if err != nil {
		return err
	}
	m.Type = columns[0].Type
	if wholeTypes[columns[0].SQL] {
		m.Type = frame.Int64
	}
	if m.Type == 0 {
		return &metricError{fmt.Sprintf("its result is %s", columns[0].SQL), "cast it to double, bigint, varchar, boolean or timestamp"}
	}
	return nil
}

// wholeTypes are wider than 64 bits (the sum of whole numbers is): they are stored as int, and one that doesn't fit is
// the point's error.
var wholeTypes = map[string]bool{"HUGEINT": true, "UHUGEINT": true}

// refuseAcross refuses what would look at other points of the block: subqueries, window functions, and the column of the points' numbers, by its
// name, its place or a pattern.
func (s *sqlMetrics) refuseAcross(ctx context.Context, expression string) error {
	const hint = "a metric is one aggregate over the rows of a point, such as max(portfolio)"
	names, err := duck.Mentions(expression)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, pointColumn) }) {
		return &metricError{fmt.Sprintf("%q is no column of the target", pointColumn), hint}
	}
	return s.db.CheckParts(ctx, expression, map[string]error{
		"SUBQUERY":             &metricError{"it has a query within it", hint},
		"WINDOW":               &metricError{"it has a window function", hint},
		"STAR":                 &metricError{"it takes columns by a pattern", "write the columns' names"},
		"POSITIONAL_REFERENCE": duck.ErrPosition,
	})
}

type metricError struct{ message, hint string }

func (e *metricError) Error() string { return e.message }
func (e *metricError) Hint() string  { return e.hint }

func metricHint(err error, target frame.Schema) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		return hinted.Hint()
	}
	return "a metric is a SQL aggregate over the target's columns: " + strings.Join(target.Names(), ", ")
}

// compute returns one column a metric, one row a frame. The frames share a schema; a frame without rows has missing
// metrics. relation is a name that no other goroutine uses.
func (s *sqlMetrics) compute(ctx context.Context, relation string, metrics []*Metric, frames []*frame.Frame) ([]*column, error) {
	table, err := stack(frames)
	if err != nil {
		return nil, err
	}
	if err := s.db.RegisterTable(relation, table); err != nil {
		return nil, err
	}
	defer s.db.Unregister(relation)
	selected := []string{duck.Quote(pointColumn)}
	for k, m := range metrics {
		selected = append(selected, fmt.Sprintf("cast((%s\n) as %s) as m%d", m.SQL, sqlTypes[m.Type], k))
	}
	rows, err := s.db.Query(ctx, fmt.Sprintf("select %s from %s group by %s", strings.Join(selected, ", "),
		duck.Quote(relation), duck.Quote(pointColumn)), duck.Refuse)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make([]*column, len(metrics))
	for k, m := range metrics {
		out[k] = newColumn(m.Type, len(frames))
	}
	for rows.Next() {
		t := rows.Table()
		points := t.Columns[0].(*array.Int64)
		for k, m := range metrics {
			got, err := columnOf(t.Columns[k+1], m.Type)
			if err != nil {
				return nil, fmt.Errorf("the metric %s: %w", m.Name, err)
			}
			for r := range points.Len() {
				out[k].copyFrom(int(points.Value(r)), got, r)
			}
		}
	}
	return out, rows.Err()
}

// sqlTypes are what results are cast to, so that every block gives the type that was found by check.
var sqlTypes = map[frame.Type]string{
	frame.Float64: "double", frame.Int64: "bigint", frame.String: "varchar", frame.Bool: "boolean", frame.Timestamp: "timestamptz", frame.Date: "date",
}

// stack puts frames below each other, with the number of its frame before each row.
func stack(frames []*frame.Frame) (duck.Table, error) {
	all, err := frame.Concat(frames...)
	if err != nil {
		return duck.Table{}, err
	}
	index := make([]int64, 0, all.Rows())
	for i, f := range frames {
		for range f.Rows() {
			index = append(index, int64(i))
		}
	}
	t := duck.TableOf(all)
	return duck.Table{Names: append([]string{pointColumn}, t.Names...), Columns: append([]arrow.Array{intColumn(index)}, t.Columns...)}, nil
}
