package python

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/frame"
)

// wanted is what rows must be like.
type wanted struct {
	key       []string
	from, end int64   // rows before from are dropped, rows at or after end are refused
	grid      []int64 // times that rows may stand at, ascending
}

// check makes a frame of what came back: the key's columns first, rows in order, none twice, at times that they may have.
// Rows before from lack their lookback and are dropped. It returns how many infinities were made missing.
func (w wanted) check(t *table) (*frame.Frame, int, error) {
	schema, err := w.schema(t)
	if err != nil {
		return nil, 0, err
	}
	fields := make([]arrow.Field, len(t.names))
	for i, name := range t.names {
		fields[i] = arrow.Field{Name: name, Type: t.columns[i].DataType(), Nullable: true}
	}
	record := array.NewRecordBatch(arrow.NewSchema(fields, nil), t.columns, int64(t.rows))
	f, infinities, err := frame.FromRecord(record, schema)
	if err != nil {
		return nil, 0, err
	}
	if err := f.CheckOrder(); err != nil {
		if _, twice := err.(*frame.DuplicateError); twice {
			return nil, 0, err
		}
		return nil, 0, &Error{Message: "rows are not in the order of the key: " + err.Error(),
			hint: "sort by " + strings.Join(w.key, ", ") + ", as table.sort_by does"}
	}
	f = f.Between(w.from, math.MaxInt64)
	return f, infinities, w.times(f)
}

// schema puts the key first, and checks what can be checked without looking at rows.
func (w wanted) schema(t *table) (frame.Schema, error) {
	s := frame.Schema{Key: len(w.key)}
	seen := map[string]bool{}
	for _, name := range t.names {
		if seen[name] {
			return s, fmt.Errorf("two columns are named %q", name)
		}
		seen[name] = true
	}
	for _, name := range slices.Concat(w.key, t.names) {
		i := slices.Index(t.names, name)
		switch {
		case i < 0:
			return s, &Error{Message: fmt.Sprintf("there is no column %q of the key; columns: %s", name, strings.Join(t.names, ", ")),
				hint: "the key of the node is " + strings.Join(w.key, ", ")}
		case slices.ContainsFunc(s.Fields, func(f frame.Field) bool { return f.Name == name }):
			continue
		}
		kind, err := typeFor(t.columns[i].DataType())
		if err != nil {
			return s, fmt.Errorf("column %q: %w", name, err)
		}
		if name == frame.TimeIndex && kind == frame.Date {
			t.columns[i], kind = midnights(t.columns[i].(*array.Date32)), frame.Timestamp
		}
		if name == frame.TimeIndex && kind != frame.Timestamp {
			return s, fmt.Errorf("the column time_index is %s, not a timestamp", kind)
		}
		if name == frame.UniqueIdentifier && kind != frame.String && len(s.Fields) < s.Key {
			return s, fmt.Errorf("the column unique_identifier is %s, not a string", kind)
		}
		if len(s.Fields) < s.Key && t.columns[i].NullN() > 0 {
			return s, fmt.Errorf("the column %s of the key has missing values", name)
		}
		s.Fields = append(s.Fields, frame.Field{Name: name, Type: kind})
	}
	return s, nil
}

// midnights makes a time of each date.
func midnights(days *array.Date32) arrow.Array {
	b := array.NewTimestampBuilder(allocator, frame.Timestamp.Arrow().(*arrow.TimestampType))
	const day = 24 * 60 * 60 * 1_000_000
	for i := range days.Len() {
		if days.IsNull(i) {
			b.AppendNull()
		} else {
			b.Append(arrow.Timestamp(int64(days.Value(i)) * day))
		}
	}
	return b.NewArray()
}

// times checks that rows stand where the node may have any.
func (w wanted) times(f *frame.Frame) error {
	at := 0
	for _, t := range f.Times() {
		if t >= w.end {
			return &Error{Message: fmt.Sprintf("a row is at %s, outside the range asked for, which ends before %s", show(t), show(w.end)),
				hint: "nothing after the inputs' last rows can be known"}
		}
		for at < len(w.grid) && w.grid[at] < t {
			at++
		}
		if at == len(w.grid) || w.grid[at] != t {
			return &Error{Message: fmt.Sprintf("a row is at %s, where the first input has none", show(t)),
				hint: "rows stand at times of the first input, which gives the time grid"}
		}
	}
	return nil
}

func show(us int64) string {
	return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.999999Z07:00")
}
