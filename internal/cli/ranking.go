package cli

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/sweeps"
)

// writeRanking draws the ranked points of a sweep, and says below what was ranked by and what is not comparable.
func (a *app) writeRanking(r *sweeps.Ranking) error {
	if r.Points == 0 {
		return nil
	}
	_, err := io.WriteString(a.stdout, drawRanking(r, width(a.stdout, 0)))
	return err
}

func drawRanking(r *sweeps.Ranking, width int) string {
	columns := make([]column, 0, len(r.Columns))
	asked := 0 // the parameters and what they are ranked by
	for _, c := range r.Columns {
		columns = append(columns, column{name: c.Name, numeric: isNumeric(c.Type)})
		if c.Name == r.By {
			asked = len(columns)
		}
	}
	if r.Late == 0 {
		columns = columns[:len(columns)-1] // starts_late: no for all of them
	}
	names := make([]string, len(columns))
	for k, c := range columns {
		names[k] = c.name
	}
	lines := [][]string{names}
	for _, row := range r.Rows {
		cells := make([]string, len(columns))
		for k := range columns {
			cells[k] = cell(row[k])
		}
		lines = append(lines, cells)
	}
	box, shown := drawBox(columns, lines, 1, width, asked)
	return fmt.Sprintf("%s\n%s\n", box, rankingLine(r, narrowNote(shown)))
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
	return printable(fmt.Sprint(v))
}

func rankingLine(r *sweeps.Ranking, note string) string {
	line := count(r.Points, "point")
	if len(r.Rows) < r.Points {
		line = fmt.Sprintf("%d of %s", len(r.Rows), line)
	}
	if r.By != "" {
		line += ", the best by " + r.By + " first"
		if r.Order == config.Ascending {
			line += " (the smallest is)"
		}
	}
	line += note
	if r.Late > 0 {
		line += fmt.Sprintf("\n%s later than the others, as where history is too short for the parameters: not comparable, so ranked last", points(r.Late, "starts", "start"))
	}
	if r.Fewer > 0 {
		line += fmt.Sprintf("\n%s fewer rows than others that start at the same time: not comparable, so ranked last", points(r.Fewer, "has", "have"))
	}
	if r.Ruined > 0 {
		line += fmt.Sprintf("\n%s worth nothing at the end: ranked after the others of the same length, ruin_time of points says when", points(r.Ruined, "is", "are"))
	}
	if r.Warned > 0 {
		line += fmt.Sprintf("\n%s a warning: tdlake sql \"select distinct warning from points\"", points(r.Warned, "has", "have"))
	}
	return line
}

// points is how many points do something.
func points(n int, one, more string) string {
	if n == 1 {
		more = one
	}
	return count(n, "point") + " " + more
}
