package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/peterh/liner"
)

const promptHelp = `End a query with ; and it runs. Every node is a table, and points has the sweep's results.
  .tables   what there is to query
  .help     this
  .quit     leave (also Ctrl-D)`

// prompt reads queries from the terminal until it is left. A query that fails is said and the prompt goes on; Ctrl-C stops a query, or
// clears what was typed.
func (o *sqlOptions) prompt(ctx context.Context, p, swept *project) (err error) {
	if o.output.path != "" || o.output.format == "parquet" {
		return usagef("give the query on the command line", "the prompt writes to the screen only")
	}
	v, err := p.openViews(ctx, &o.output)
	if err != nil {
		return err
	}
	v.swept = swept
	defer func() { err = errors.Join(err, v.close()) }()
	line := liner.NewLiner()
	defer line.Close()
	line.SetCtrlCAborts(true)
	line.SetWordCompleter(completer(v.words()))
	history := historyFile()
	readHistory(line, history)
	defer writeHistory(line, history)
	fmt.Fprintf(p.stderr, "%s: %s. Type .help for help.\n", p.config.DatalakeName, p.lake.Name())
	session := &session{views: v, line: line, output: &o.output}
	for {
		if err := session.next(ctx); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}

// session is what is typed at a prompt.
type session struct {
	*views
	line   *liner.State
	output *output
	typed  strings.Builder // of a query that is not complete
}

// next reads a line and does what it says; io.EOF is the end.
func (s *session) next(ctx context.Context) error {
	prompt := "tdlake> "
	if s.typed.Len() > 0 {
		prompt = "   ...> "
	}
	text, err := s.line.Prompt(prompt)
	if errors.Is(err, liner.ErrPromptAborted) {
		s.typed.Reset()
		return nil
	}
	if err != nil {
		return err
	}
	if s.typed.Len() == 0 && strings.HasPrefix(strings.TrimSpace(text), ".") {
		return s.command(strings.TrimSpace(text))
	}
	s.typed.WriteString(text + "\n")
	query := strings.TrimSpace(s.typed.String())
	if !strings.HasSuffix(query, ";") {
		if query == "" {
			s.typed.Reset()
		}
		return nil
	}
	s.typed.Reset()
	s.line.AppendHistory(strings.Join(strings.Fields(query), " "))
	if err := s.answer(ctx, query, s.output); err != nil {
		if ctx.Err() != nil {
			return errInterrupted
		}
		printError(s.stderr, err)
	}
	return nil
}

func (s *session) command(text string) error {
	switch text {
	case ".quit", ".exit":
		return io.EOF
	case ".tables":
		fmt.Fprintln(s.stdout, strings.Join(s.names(), "\n"))
	default:
		fmt.Fprintln(s.stdout, promptHelp)
	}
	return nil
}

// words are what completion knows.
func (v *views) words() []string {
	words := append(slices.Concat(v.names(), v.columnNames()), "select", "from", "where", "group by", "order by", "limit", "pivot", "using", "join", "union all", "explain")
	slices.Sort(words)
	return slices.Compact(words)
}

// columnNames are the parameters and the metrics.
func (v *views) columnNames() (names []string) {
	for _, p := range v.config.Parameters {
		names = append(names, p.Name)
	}
	if v.config.Sweep != nil {
		for _, m := range v.config.Sweep.Metrics {
			names = append(names, m.Name)
		}
	}
	return names
}

// completer completes the word before the cursor.
func completer(words []string) liner.WordCompleter {
	return func(line string, pos int) (head string, completions []string, tail string) {
		start := strings.LastIndexAny(line[:pos], " \t(),.=<>") + 1
		word := strings.ToLower(line[start:pos])
		for _, w := range words {
			if strings.HasPrefix(strings.ToLower(w), word) {
				completions = append(completions, w)
			}
		}
		return line[:start], completions, line[pos:]
	}
}

// historyFile is where queries are kept between prompts; "" where there is no such place.
func historyFile() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "tdlake", "history")
}

// readHistory and writeHistory do without a file where there is none: a prompt works on a home that cannot be written to.
func readHistory(line *liner.State, path string) {
	if f, err := os.Open(path); err == nil {
		defer f.Close()
		line.ReadHistory(f)
	}
}

func writeHistory(line *liner.State, path string) {
	if path == "" || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	if f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err == nil {
		defer f.Close()
		line.WriteHistory(f)
	}
}
