package cli

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
)

// column is what a writer has to know of a column before the first row comes.
type column struct {
	name    string
	typ     string // in the words of the lake where it has one, else DuckDB's
	numeric bool   // set to the right
	json    bool   // its text is JSON already
	arrow   arrow.DataType
}

// columnsOf returns the columns of a query's result. Those of types that frames do not have come as text, or as JSON.
func columnsOf(columns []duck.Column) []column {
	out := make([]column, len(columns))
	for i, c := range columns {
		out[i] = column{name: c.Name, typ: c.SQL, numeric: isNumeric(c.Type), json: c.Type == 0, arrow: arrow.BinaryTypes.String}
		if c.Type != 0 {
			out[i].typ, out[i].arrow = c.Type.String(), c.Type.Arrow()
		}
		if c.Local() {
			out[i].typ, out[i].arrow = "local time", localTime
		}
	}
	return out
}

// localTime is what a clock shows, without a zone. Frames do not have it: their times are instants.
var localTime = &arrow.TimestampType{Unit: arrow.Microsecond}

// withLocal gives the columns of local times their type.
func withLocal(columns []column, t duck.Table) duck.Table {
	for i, c := range columns {
		if c.arrow == localTime {
			t.Columns[i] = retyped(t.Columns[i], localTime)
		}
	}
	return t
}

func retyped(a arrow.Array, t arrow.DataType) arrow.Array {
	d := a.Data()
	return array.MakeFromData(array.NewData(t, d.Len(), d.Buffers(), nil, d.NullN(), d.Offset()))
}

// columnsOfFrame returns the columns of a frame.
func columnsOfFrame(s frame.Schema) []column {
	out := make([]column, len(s.Fields))
	for i, f := range s.Fields {
		out[i] = column{name: f.Name, typ: f.Type.String(), numeric: isNumeric(f.Type), arrow: f.Type.Arrow()}
	}
	return out
}

func isNumeric(t frame.Type) bool { return t == frame.Float64 || t == frame.Int64 }

// fileText writes value i of a column for a file: the shortest float that reads back the same, times as RFC 3339 in UTC, local ones without a
// zone, nothing for a missing value.
func fileText(c arrow.Array, i int) string {
	if isMissing(c, i) {
		return ""
	}
	switch c := c.(type) {
	case *array.Float64:
		return strconv.FormatFloat(c.Value(i), 'g', -1, 64)
	case *array.Timestamp:
		text := instant(int64(c.Value(i)))
		if c.DataType() == localTime {
			return strings.TrimSuffix(text, "Z")
		}
		return text
	}
	return c.ValueStr(i)
}

// display writes value i of a column for the screen: eight digits of a float, times without T and Z.
func display(c arrow.Array, i int) string {
	if isMissing(c, i) {
		return "-"
	}
	switch c := c.(type) {
	case *array.Float64:
		return strconv.FormatFloat(c.Value(i), 'g', 8, 64)
	case *array.Timestamp:
		return time.UnixMicro(int64(c.Value(i))).UTC().Format("2006-01-02 15:04:05.999999")
	}
	return printable(c.ValueStr(i))
}

// plain returns value i of a column as encoding/json writes it best.
func plain(c arrow.Array, i int, isJSON bool) any {
	if isMissing(c, i) {
		return nil
	}
	switch c := c.(type) {
	case *array.Timestamp:
		return fileText(c, i)
	case *array.Float64:
		return c.Value(i)
	case *array.String:
		if isJSON {
			return json.RawMessage(c.Value(i))
		}
	}
	return c.GetOneForMarshal(i)
}

// isMissing reports a null, or a float that JSON does not have.
func isMissing(c arrow.Array, i int) bool {
	if f, ok := c.(*array.Float64); ok && (math.IsNaN(f.Value(i)) || math.IsInf(f.Value(i), 0)) {
		return true
	}
	return c.IsNull(i)
}

// instant writes a time in microseconds since the epoch.
func instant(us int64) string {
	return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.999999Z07:00")
}
