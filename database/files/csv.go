package files

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
)

// csvColumn is a column of a CSV file and the type that all its values have.
type csvColumn struct {
	name string
	kind csvKind
}

// csvKind is a type and the condition that a text is one. DuckDB's casts take more than that: they round 1.5, read 0x10, 1_000
// and epoch, drop the zeros of 007 and what a time has beyond its type's precision. A float is the nearest to the text.
type csvKind struct {
	sql  string
	test string // of the text %[1]s
}

var csvKinds = []csvKind{
	{"BIGINT", `cast(try_cast(%[1]s as bigint) as varchar) = trim(%[1]s, ' +')`},
	{"DOUBLE", `try_cast(%[1]s as double) is not null and not contains(%[1]s, '_') and not regexp_matches(%[1]s, '^[ +-]*0\d')`},
	{"DATE", `length(%[1]s) = 10 and cast(try_cast(%[1]s as date) as varchar) = replace(%[1]s, '/', '-')`},
	{"TIMESTAMP WITH TIME ZONE", timeOf("timestamp with time zone", 6)},
	{"TIMESTAMP_NS", timeOf("timestamp_ns", 9)}, // what reads the rows notes that they are cut
	{"BOOLEAN", `lower(%[1]s) in ('true', 'false')`},
}

// timeOf is the condition that a text is a time with so many digits of a second at the most, zeros behind them aside.
func timeOf(kind string, digits int) string {
	return fmt.Sprintf(`try_cast(%%[1]s as %s) is not null and not contains(lower(%%[1]s), 'epoch') and not regexp_matches(%%[1]s, '\.\d{%d,}[1-9]')`, kind, digits)
}

var csvText = csvKind{sql: "VARCHAR"}

// readCSV returns the table function that reads a file's fields as text. Small buffers keep it within a view's memory. What separates fields, quotes,
// comments and where the header is are not left to DuckDB, which would guess them by a file's first rows, and pass over those that do not fit.
func (c *folder) readCSV(file string) string {
	return fmt.Sprintf(`read_csv(%s, header = true, all_varchar = true, hive_partitioning = false, delim = %s, quote = '"', escape = '"', comment = '', skip = 0, buffer_size = %d)`,
		c.literal(file), duck.Literal(separator(filepath.Join(c.path, file))), 4<<20)
}

// separator returns what separates the names in a file's first line: of the usual characters the one that is there most often outside quotes.
func separator(path string) string {
	const usual = ",;\t|"
	most, found := 0, usual[:1]
	f, err := os.Open(path)
	if err != nil {
		return found // reading it will say so
	}
	defer f.Close()
	line, _ := bufio.NewReader(io.LimitReader(f, 1<<20)).ReadString('\n')
	for i := range usual {
		n := 0
		for k, part := range strings.Split(line, `"`) {
			if k%2 == 0 {
				n += strings.Count(part, usual[i:i+1])
			}
		}
		if n > most {
			most, found = n, usual[i:i+1]
		}
	}
	return found
}

// malformed returns which line of a file is none of the table that the header begins, nil where all are.
func (c *folder) malformed(file string) error {
	path := filepath.Join(c.path, file)
	f, err := os.Open(path)
	if err != nil {
		return nil // what could not be read has been said
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
	r.Comma, r.ReuseRecord = rune(separator(path)[0]), true
	names := -1
	for {
		record, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.As(err, &bad) && bad.Err == csv.ErrFieldCount:
			return database.NewError(database.Data, c.name, "mend that line, or the header, which is the file's first line", "%s:%d: %s, the header has %d", file, bad.Line, fields(len(record)), names)
		case errors.As(err, &bad):
			return database.NewError(database.Data, c.name, "a field with a quote in it is quoted, and that quote doubled", "%s:%d: %v", file, bad.Line, bad.Err)
		case err != nil:
			return nil
		case names < 0:
			names = len(record)
		}
	}
}

func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}

// detect finds the types of a file's columns: by its first rows, then by all of them with what is left.
func detect(ctx context.Context, db duck.Session, read string) ([]csvColumn, error) {
	columns, err := db.Columns(ctx, "from "+read)
	if err != nil {
		return nil, err
	}
	out := make([]csvColumn, len(columns))
	left := make([][]csvKind, len(columns))
	for i, c := range columns {
		out[i] = csvColumn{c.Name, csvText}
		left[i] = csvKinds
	}
	if left, err = fitting(ctx, db, "(from "+read+" limit 2000)", out, left); err != nil {
		return nil, err
	}
	if left, err = fittingAll(ctx, db, read, out, left); err != nil {
		return nil, err
	}
	for i := range out {
		if len(left[i]) > 0 {
			out[i].kind = left[i][0]
		}
		if len(left[i]) == len(csvKinds) {
			out[i].kind = csvKinds[1] // nothing but missing values
		}
	}
	return out, nil
}

// fittingAll is fitting of all rows. It tests what the first rows say, which is all there is to test of most files.
func fittingAll(ctx context.Context, db duck.Session, read string, columns []csvColumn, left [][]csvKind) ([][]csvKind, error) {
	likely := slices.Clone(left)
	for i, kinds := range left {
		if 0 < len(kinds) && len(kinds) < len(csvKinds) {
			likely[i] = kinds[:1]
		}
	}
	fit, err := fitting(ctx, db, read, columns, likely)
	for i := range fit {
		if len(fit[i]) == 0 && len(left[i]) > 1 {
			return fitting(ctx, db, read, columns, left)
		}
	}
	return fit, err
}

// fitting returns, of the kinds that are left for each column, those that all rows have.
func fitting(ctx context.Context, db duck.Session, from string, columns []csvColumn, left [][]csvKind) ([][]csvKind, error) {
	tests := []string{"true"}
	for i, kinds := range left {
		q := duck.Quote(columns[i].name)
		for _, k := range kinds {
			tests = append(tests, fmt.Sprintf("coalesce(bool_and(%s is null or ("+strings.ReplaceAll(k.test, "%[1]s", "%[2]s")+") is true), true)", q, q))
		}
	}
	rows, err := db.Query(ctx, "select "+strings.Join(tests, ", ")+" from "+from, duck.Refuse)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make([][]csvKind, len(left))
	for rows.Next() {
		answers := rows.Table().Columns[1:]
		for i, kinds := range left {
			for k := range kinds {
				if answers[k].(*array.Boolean).Value(0) {
					out[i] = append(out[i], kinds[k])
				}
			}
			answers = answers[len(kinds):]
		}
	}
	return out, rows.Err()
}

// selectCSV is the query for a file's rows with its columns' types.
func selectCSV(columns []csvColumn, read, identifier string) string {
	values := make([]string, len(columns))
	for i, c := range columns {
		values[i] = duck.Quote(c.name)
		if c.kind.sql != csvText.sql && c.name != identifier {
			values[i] = fmt.Sprintf("cast(%s as %s) as %s", values[i], c.kind.sql, values[i])
		}
	}
	return "select " + strings.Join(values, ", ") + " from " + read
}
