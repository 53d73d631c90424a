package cli

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"github.com/tdlake/tdlake/duck"
)

// formats are what tables are written as, to a file or to standard output.
var formats = []string{"table", "csv", "json", "parquet", "arrow"}

// formatOf returns the format that a file's name asks for.
func formatOf(path string) (string, error) {
	ext := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	for _, f := range formats[1:] {
		if ext == f {
			return f, nil
		}
	}
	return "", usagef("name a file that ends in .parquet, .csv, .arrow or .json", "%s: not known what to write by this name", path)
}

// tableWriter takes a table in batches, in order, and is closed at the end. One that was given no batch writes an empty table.
type tableWriter interface {
	write(t duck.Table) error
	close() error
}

// newTableWriter returns a writer of a format other than parquet, which DuckDB writes itself.
func newTableWriter(w io.Writer, format string, columns []column, width int) (tableWriter, error) {
	switch format {
	case "csv":
		return &csvWriter{out: csv.NewWriter(w), columns: columns}, nil
	case "json":
		return &jsonWriter{out: bufio.NewWriter(w), columns: columns}, nil
	case "arrow":
		return newArrowWriter(w, columns)
	}
	return &boxWriter{out: w, columns: columns, width: width}, nil
}

// csvWriter writes a header and a line a row.
type csvWriter struct {
	out     *csv.Writer
	columns []column
	begun   bool
}

func (c *csvWriter) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	names := make([]string, len(c.columns))
	for i, col := range c.columns {
		names[i] = col.name
	}
	return c.out.Write(names)
}

func (c *csvWriter) write(t duck.Table) error {
	if err := c.begin(); err != nil {
		return err
	}
	record := make([]string, len(t.Columns))
	for i := range t.Rows() {
		for k, col := range t.Columns {
			record[k] = fileText(col, i)
		}
		if err := c.out.Write(record); err != nil {
			return err
		}
	}
	c.out.Flush()
	return c.out.Error()
}

func (c *csvWriter) close() error {
	if err := c.begin(); err != nil {
		return err
	}
	c.out.Flush()
	return c.out.Error()
}

// jsonWriter writes one array with an object a row, a row a line, keys in the table's order.
type jsonWriter struct {
	out     *bufio.Writer
	columns []column
	begun   bool
}

func (j *jsonWriter) write(t duck.Table) error {
	for i := range t.Rows() {
		separator := ",\n"
		if !j.begun {
			separator, j.begun = "[\n", true
		}
		j.out.WriteString(separator)
		if err := j.object(t, i); err != nil {
			return err
		}
	}
	return j.out.Flush()
}

func (j *jsonWriter) object(t duck.Table, i int) error {
	before := "{"
	for k, col := range t.Columns {
		name, _ := json.Marshal(j.columns[k].name) // a string always marshals
		value, err := json.Marshal(plain(col, i, j.columns[k].json))
		if err != nil {
			return fmt.Errorf("column %q: %w", j.columns[k].name, err)
		}
		fmt.Fprintf(j.out, "%s%s: %s", before, name, value)
		before = ", "
	}
	return j.out.WriteByte('}')
}

func (j *jsonWriter) close() error {
	if !j.begun {
		j.out.WriteString("[")
	}
	j.out.WriteString("\n]\n")
	return j.out.Flush()
}

// arrowWriter writes an Arrow IPC file, a record batch a batch.
type arrowWriter struct {
	schema *arrow.Schema
	file   *ipc.FileWriter
}

func newArrowWriter(w io.Writer, columns []column) (*arrowWriter, error) {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		fields[i] = arrow.Field{Name: c.name, Type: c.arrow, Nullable: true}
	}
	schema := arrow.NewSchema(fields, nil)
	file, err := ipc.NewFileWriter(w, ipc.WithSchema(schema))
	return &arrowWriter{schema: schema, file: file}, err
}

func (a *arrowWriter) write(t duck.Table) error {
	return a.file.Write(array.NewRecordBatch(a.schema, t.Columns, int64(t.Rows())))
}

func (a *arrowWriter) close() error { return a.file.Close() }
