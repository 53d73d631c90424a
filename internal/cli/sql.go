package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/lake"
)

type sqlOptions struct {
	output output
}

func newSQL(a *app) *cobra.Command {
	o := &sqlOptions{}
	cmd := &cobra.Command{
		Use:   `sql [CONFIG] ["QUERY"] [NAME=VALUES...]`,
		Short: "Query nodes and points with SQL",
		Long: `Runs one SELECT (a PIVOT, or an EXPLAIN of one) in DuckDB, which can read the lake and nothing else, and change nothing. Every node is a table by its name,
with the parameters of its foreach as columns; those that the query mentions are computed where they are not stored. The table points has the sweep's
results: parameters, metrics, rows, first_time, local_hash_id; the table targets has the target's rows at every point, with the parameters, where
'tdlake sweep --store-target' kept them. NAME=VALUES of a parameter that the sweep varies makes it the sweep's with these values.

Without QUERY there is a prompt; from a pipe, the query is read from standard input.`,
		Example: `  tdlake sql "select * from points order by total_return desc limit 10"
  tdlake sql "pivot points on lasso_alpha using first(total_return) group by long_rolling_windows"
  tdlake sql my.yaml "select * from portfolio" --output portfolio.parquet`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.output.addFlags(cmd.Flags())
	return cmd
}

func (o *sqlOptions) run(ctx context.Context, a *app, args []string) error {
	parsed, err := parseArguments(args, 1)
	if err != nil {
		return err
	}
	if err := o.output.check(); err != nil {
		return err
	}
	p, swept, err := a.loadForSQL(parsed)
	if err != nil {
		return err
	}
	if len(parsed.rest) == 0 && isTerminal(a.stdin) {
		return o.prompt(ctx, p, swept)
	}
	query, err := o.query(a, parsed)
	if err != nil {
		return err
	}
	return o.answer(ctx, p, swept, query)
}

// loadForSQL reads the config twice where NAME=VALUES is of a parameter that the config varies: as run does, for nodes, and as sweep does, for
// points. What is no value of the parameter, such as a list of numbers, says nothing to nodes.
func (a *app) loadForSQL(args arguments) (nodes, swept *project, err error) {
	if swept, err = a.loadForSweep(args); err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(args.overrides, swept.varies) {
		return swept, swept, nil
	}
	var overrides []config.Override
	for _, o := range args.overrides {
		varied := swept.varies(o)
		o.Vary, o.Several = false, false
		if !varied || a.isValue(args.config, o, swept) {
			overrides = append(overrides, o)
		}
	}
	args.overrides = overrides
	nodes, err = a.load(args)
	return nodes, swept, err
}

// varies reports whether the sweep varies the parameter of a NAME=VALUES.
func (p *project) varies(o config.Override) bool {
	return p.config.Sweep != nil && slices.ContainsFunc(p.config.Sweep.Vary, func(v config.Vary) bool { return v.Name == o.Name })
}

// isValue reports whether NAME=VALUES is one value, which nodes can have; a list is none of a parameter that is no list.
func (a *app) isValue(path string, o config.Override, swept *project) bool {
	c, _, _, err := a.loadGraph(arguments{config: path, overrides: []config.Override{o}})
	if err != nil {
		return false
	}
	i := slices.IndexFunc(c.Parameters, func(q config.Parameter) bool { return q.Name == o.Name })
	return c.Parameters[i].Value.Kind != config.List || swept.config.Parameters[i].Value.Kind == config.List
}

// query is the one on the command line, else the one from the pipe.
func (o *sqlOptions) query(a *app, args arguments) (string, error) {
	if len(args.rest) > 0 {
		return args.rest[0], nil
	}
	text, err := io.ReadAll(io.LimitReader(a.stdin, 1<<20))
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(string(text)) == "" {
		return "", usagef(`write it in quotes after CONFIG, or send it through a pipe`, "no query is given")
	}
	return string(text), nil
}

// answer runs one query.
func (o *sqlOptions) answer(ctx context.Context, p, swept *project, query string) (err error) {
	if err := o.output.open(); err != nil {
		return err
	}
	defer o.output.close()
	v, err := p.openViews(ctx, &o.output)
	if err != nil {
		return err
	}
	v.swept = swept
	defer func() { err = errors.Join(err, v.close()) }()
	return v.answer(ctx, query, &o.output)
}

// answer makes what the query mentions, and writes its rows. What is no reading statement is refused before anything is computed for it.
func (v *views) answer(ctx context.Context, query string, o *output) error {
	if err := v.db.CheckWords(ctx, query); err != nil {
		return err
	}
	if showTables.MatchString(query) {
		query = v.listing()
	} else if err := v.provide(ctx, query); err != nil {
		return err
	}
	return v.explain(ctx, o.emit(ctx, v.app, v.db, query))
}

var showTables = regexp.MustCompile(`(?i)^\s*show\s+(all\s+)?tables\s*;?\s*$`)

// listing is SHOW TABLES over what a query may mention, of which DuckDB knows only what was made.
func (v *views) listing() string {
	var rows []string
	for _, name := range v.names() {
		if !slices.Contains(v.sweepViews(), name) || v.config.Sweep != nil || v.swept.config.Sweep != nil {
			rows = append(rows, "("+duck.Literal(name)+")")
		}
	}
	return "select * from (values " + strings.Join(rows, ", ") + ") as tables(name)"
}

var unknownTable = regexp.MustCompile(`^Table with name (\S+) does not exist`)

// explain turns DuckDB's complaint about a file of the lake into what the lake says of it, and adds the nearest name to an unknown one.
func (v *views) explain(ctx context.Context, err error) error {
	var d *duck.Error
	if !errors.As(err, &d) {
		return err
	}
	if m := unknownTable.FindStringSubmatch(d.Message); m != nil && d.Kind == duck.Catalog {
		hint := "tables: " + strings.Join(v.names(), ", ")
		if near := config.Nearest(m[1], v.names()); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return usagef(hint, "there is no table %s", m[1])
	}
	if name := d.Reserved(v.columnNames()); name != "" {
		return usagef(fmt.Sprintf("%s is a word of SQL: as a name it stands in double quotes, %s", name, duck.Quote(name)), "%s", d.Error())
	}
	if d.Kind == duck.IO || d.Kind == duck.Input {
		faults, verifyErr := v.lake.Verify(ctx)
		for _, f := range faults {
			if verifyErr == nil && f.Damage {
				return &lake.DamageError{Path: f.Path, Problem: f.Problem, Repair: f.Hint}
			}
		}
	}
	return err
}
