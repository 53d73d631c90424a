package files

import (
	"context"
	"fmt"
	"strings"

	"github.com/tdlake/tdlake/database/internal/relation"
	"github.com/tdlake/tdlake/duck"
)

// readCSV returns the table function that reads a file's fields as text, _0 and so on. Small buffers keep it within a view's memory. Nothing is left to DuckDB
// to guess, and nothing to be passed over: the file was looked at, all of it.
func (c *folder) readCSV(file string, f *csvFile) string {
	columns := make([]string, len(f.columns))
	for i := range f.columns {
		columns[i] = fmt.Sprintf("'_%d': 'VARCHAR'", i)
	}
	const least = 4 << 20
	how := ""
	if f.longest > least/4 {
		how = fmt.Sprintf(", max_line_size = %d", 2*f.longest)
	}
	if f.mixed { // DuckDB's strict mode takes one end of lines, and threads look for it
		how += ", strict_mode = false, parallel = false"
	}
	return fmt.Sprintf(`read_csv(%s, columns = {%s}, header = true, auto_detect = false, hive_partitioning = false, delim = %s, quote = '"', escape = '"', comment = '', skip = 0, buffer_size = %d%s)`,
		c.literal(file), strings.Join(columns, ", "), duck.Literal(string(f.sep)), max(least, 3*f.longest), how)
}

// csv looks at a CSV file, once a view.
func (c *folder) csv(ctx context.Context, file string) (*csvFile, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := c.looked[file]; ok {
		return f, nil
	}
	f, err := c.scanCSV(ctx, file)
	if err != nil {
		return nil, err
	}
	c.looked[file] = f
	return f, nil
}

// selectCSV is the query for a file's rows with its columns' types, and what there is to say of them. identifier is the column whose text is
// kept as it is, or "".
func (c *folder) selectCSV(file string, f *csvFile, identifier string) relation.Found {
	out := relation.Found{Remarks: map[string]relation.Remark{}}
	values := make([]string, len(f.columns))
	for i, col := range f.columns {
		values[i] = fmt.Sprintf("_%d", i)
		out.Names = append(out.Names, col.name)
		if col.name == identifier {
			continue
		}
		remark := col.remark(f.sep)
		remark.Where = file
		out.Remarks[col.name] = remark
		values[i] = col.expression(values[i], f.sep) + " as " + values[i]
	}
	out.From = fmt.Sprintf("(select %s from %s) as file", strings.Join(values, ", "), c.readCSV(file, f))
	return out
}
