package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/tdlake/tdlake/duck"
)

// halfBox is how many rows of its beginning, and as many of its end, a box shows of a long table.
const halfBox = 20

// gap stands for what a box leaves out.
const gap = "·"

// boxWriter draws a table for a person: names, types, the first and last rows, and how many rows there are. However long the table, only
// the rows that are shown are kept. Columns that do not fit in width are left out of the middle and counted; width 0 is no limit.
type boxWriter struct {
	out     io.Writer
	columns []column
	width   int

	rows int
	head [][]string // the first rows, twice halfBox at most
	tail [][]string // the last halfBox rows
}

func (b *boxWriter) write(t duck.Table) error {
	n := t.Rows()
	for i := 0; i < n && len(b.head) < 2*halfBox; i++ {
		b.head = append(b.head, displayRow(t, i))
	}
	for i := max(0, n-halfBox); i < n; i++ {
		b.tail = append(b.tail, displayRow(t, i))
	}
	b.tail = b.tail[max(0, len(b.tail)-halfBox):]
	b.rows += n
	return nil
}

func displayRow(t duck.Table, i int) []string {
	row := make([]string, len(t.Columns))
	for c, col := range t.Columns {
		row[c] = display(col, i)
	}
	return row
}

func (b *boxWriter) close() error {
	rows := b.head
	if b.rows > len(b.head) {
		rows = slices.Concat(b.head[:halfBox], [][]string{slices.Repeat([]string{gap}, len(b.columns))}, b.tail)
	}
	names, types := make([]string, len(b.columns)), make([]string, len(b.columns))
	for c, col := range b.columns {
		names[c], types[c] = printable(col.name), col.typ
	}
	lines := slices.Concat([][]string{names, types}, rows)
	box, shown := drawBox(b.columns, lines, 2, b.width, 0)
	_, err := fmt.Fprintf(b.out, "%s\n%s\n", box, b.countLine(shown))
	return err
}

// drawBox draws lines, the first of them as headers, within a width, and returns which columns it shows: see fitColumns.
func drawBox(columns []column, lines [][]string, headers, width, first int) (drawn string, shown []int) {
	for _, line := range lines {
		for c := range line {
			line[c] = shorten(line[c], width)
		}
	}
	shown = fitColumns(columnWidths(lines), width, first)
	box := newBox(columns, shown)
	for k, line := range lines {
		if k < headers {
			box.AppendHeader(boxRow(line, shown))
		} else {
			box.AppendRow(boxRow(line, shown))
		}
	}
	return box.Render(), shown
}

// shorten cuts a text that would take more than half of the width, but no local_hash_id of a usual name. Several lines are somebody's drawing.
func shorten(s string, width int) string {
	most := max(width/2, 48)
	if width == 0 || utf8.RuneCountInString(s) <= most || strings.Contains(s, "\n") {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// printable writes control characters, other than ends of lines, as Go does: a terminal would obey them.
func printable(s string) string { return escaped(s, "\n") }

// visible is printable for texts with tabs of our own.
func visible(s string) string { return escaped(s, "\n\t") }

// visibleWriter makes what passes through it visible: names of files, and what a config or a database says, are not ours.
type visibleWriter struct{ w io.Writer }

func (v visibleWriter) Write(p []byte) (int, error) {
	_, err := io.WriteString(v.w, visible(string(p)))
	return len(p), err
}

// listing is where what people read goes.
func (a *app) listing() io.Writer { return visibleWriter{a.stdout} }

func escaped(s, but string) string {
	obeyed := func(r rune) bool { return unicode.IsControl(r) && !strings.ContainsRune(but, r) }
	if !strings.ContainsFunc(s, obeyed) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		if obeyed(r) {
			out.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

func boxRow(line []string, shown []int) table.Row {
	row := make(table.Row, len(shown))
	for k, c := range shown {
		row[k] = gap
		if c >= 0 {
			row[k] = line[c]
		}
	}
	return row
}

func columnWidths(lines [][]string) []int {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for c, s := range line {
			widths[c] = max(widths[c], utf8.RuneCountInString(s)+3) // a bar and two blanks
		}
	}
	return widths
}

// fitColumns returns the columns that fit, with -1 for those that do not: they are left out from the middle on, or, where so many first ones matter
// more than the others, from behind these on. The first and the last always stay.
func fitColumns(widths []int, width, first int) []int {
	shown, total := make([]int, len(widths)), 1
	for c, w := range widths {
		shown[c] = c
		total += w
	}
	if width == 0 || total <= width || len(widths) < 3 {
		return shown
	}
	total += 1 + 3 // the column that stands for the others
	last, left := len(widths)-1, (len(widths)+1)/2
	if first > 0 {
		left = min(first, last)
	}
	right := left
	for total > width && (left > 1 || right < last) {
		if right == last || first == 0 && left > len(widths)-right {
			left--
			total -= widths[left]
		} else {
			total -= widths[right]
			right++
		}
	}
	return slices.Concat(shown[:left], []int{-1}, shown[right:])
}

// newBox returns an empty table in the one style that every command prints, numbers to the right.
func newBox(columns []column, shown []int) table.Writer {
	box := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	box.SetStyle(style)
	var configs []table.ColumnConfig
	for k, c := range shown {
		if c >= 0 && columns[c].numeric {
			configs = append(configs, table.ColumnConfig{Number: k + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	box.SetColumnConfigs(configs)
	return box
}

// countLine says how large the table is, and how much of it was shown.
func (b *boxWriter) countLine(shown []int) string {
	line := fmt.Sprintf("%s, %s", count(b.rows, "row"), count(len(b.columns), "column"))
	if b.rows > len(b.head) {
		line += fmt.Sprintf(" (%d rows shown)", 2*halfBox)
	}
	return line + narrowNote(shown)
}

// narrowNote says that columns are left out.
func narrowNote(shown []int) string {
	if !slices.Contains(shown, -1) {
		return ""
	}
	return fmt.Sprintf(" (%s shown: the terminal is too narrow)", count(len(shown)-1, "column"))
}

// count writes a number with its noun: 1 row, 2 rows, 1,234 rows.
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(n) + " " + noun
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
