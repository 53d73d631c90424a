package cli

import (
	"fmt"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/tdlake/tdlake/sweeps"
)

// writeRanking draws the ranked points of a sweep, and says below what was ranked by and what is not comparable.
func (a *app) writeRanking(r *sweeps.Ranking) error {
	if r.Points == 0 {
		return nil
	}
	columns := make([]column, 0, len(r.Columns))
	for _, c := range r.Columns {
		columns = append(columns, column{name: c.Name, numeric: isNumeric(c.Type)})
	}
	if r.Short == 0 {
		columns = columns[:len(columns)-1] // starts_late: no for all of them
	}
	shown := make([]int, len(columns))
	names := make(table.Row, len(columns))
	for k, c := range columns {
		shown[k], names[k] = k, c.name
	}
	box := newBox(columns, shown)
	box.AppendHeader(names)
	for _, row := range r.Rows {
		cells := make(table.Row, len(columns))
		for k := range columns {
			cells[k] = cell(row[k])
		}
		box.AppendRow(cells)
	}
	_, err := fmt.Fprintf(a.stdout, "%s\n%s\n", box.Render(), rankingLine(r))
	return err
}

// cell writes a value of a ranking: six digits, dates without seconds.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case float64:
		return strconv.FormatFloat(v, 'g', 6, 64)
	case time.Time:
		return v.Format("2006-01-02 15:04")
	case bool:
		return map[bool]string{true: "yes", false: "no"}[v]
	}
	return fmt.Sprint(v)
}

func rankingLine(r *sweeps.Ranking) string {
	line := count(r.Points, "point")
	if len(r.Rows) < r.Points {
		line = fmt.Sprintf("%d of %s", len(r.Rows), line)
	}
	if r.By != "" {
		line += ", the best by " + r.By + " first"
	}
	if r.Short > 0 {
		line += fmt.Sprintf("\n%s later than the others, because history is too short for their parameters: not comparable, so ranked last", starts(r.Short))
	}
	return line
}

func starts(n int) string {
	if n == 1 {
		return "1 point starts"
	}
	return thousands(n) + " points start"
}
