package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tdlake/tdlake/internal/demo"
	"github.com/tdlake/tdlake/sweeps"
)

type demoOptions struct{}

const demoDir = "tdlake-demo"

func newDemo(a *app) *cobra.Command {
	o := &demoOptions{}
	return &cobra.Command{
		Use:   "demo [DIR]",
		Short: "Show the whole way on an invented market",
		Long: `Makes a market of invented companies as a DuckDB file in DIR (default: ` + demoDir + `), takes its snapshot, sweeps 165 combinations of parameters, and prints the
best, where the files are and what to try next. Works offline; what is there already is used.`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
}

func (o *demoOptions) run(ctx context.Context, a *app, args []string) error {
	dir := demoDir
	if len(args) == 1 {
		dir = args[0]
	}
	path := filepath.Join(dir, defaultConfig)
	if err := a.makeMarket(ctx, dir, path); err != nil {
		return err
	}
	p, err := a.load(arguments{config: path})
	if err != nil {
		return err
	}
	plan, err := p.sweep(ctx, false)
	var partial *sweeps.PartialError
	if err != nil && !errors.As(err, &partial) {
		return err
	}
	ranking, ranked := plan.Ranked(10)
	if ranked != nil {
		return ranked
	}
	if err := a.writeRanking(ranking); err != nil {
		return err
	}
	_, printed := fmt.Fprint(a.stdout, p.nextSteps(path))
	return errors.Join(printed, err)
}

// makeMarket writes the database and the config, unless they are there.
func (a *app) makeMarket(ctx context.Context, dir, path string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	database := filepath.Join(dir, demo.DatabaseFile)
	if !demo.Exists(database) {
		market := demo.NewMarket()
		if err := demo.WriteDatabase(ctx, database, market); err != nil {
			return err
		}
		a.say("made a market: %s and %s in %s", count(market.Prices.Rows(), "price"), count(market.Holdings.Rows(), "holding"), database)
	}
	if demo.Exists(path) {
		return nil
	}
	return writeNew(path, demo.Config)
}

// nextSteps says where everything is and which commands to try.
func (p *project) nextSteps(path string) string {
	config := shellQuote(path)
	var b strings.Builder
	fmt.Fprintf(&b, "\nthe config  %s\nthe lake    %s\n\nto try next:\n", path, p.lake.Dir())
	for _, c := range []string{
		"plan " + config,
		"run " + config + " portfolio lasso_alpha=1e-4",
		"sql " + config + ` "select ticker, avg(weight) as weight from (select unique_identifier as ticker, weight from long_lasso) group by ticker order by weight desc limit 5"`,
		"sql " + config + ` "pivot (select long_rolling_windows, lasso_alpha, total_return from points) on lasso_alpha using first(total_return) order by all"`,
		"verdict " + config,
		"sweep " + config + ` "lasso_alpha=[3e-5, 1e-5, 3e-6]"`,
	} {
		fmt.Fprintf(&b, "  %s %s\n", invocation(), c)
	}
	return b.String()
}

// shellQuote writes a path so that a shell reads it as one word.
func shellQuote(path string) string {
	if strings.ContainsAny(path, " \t'\"\\$&;|<>()*?[]#~`!") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// invocation is how the program was called, so that what is printed can be typed: "tdlake" where it is found by that name.
func invocation() string {
	if name := os.Args[0]; strings.ContainsRune(name, os.PathSeparator) && !filepath.IsAbs(name) {
		return name
	}
	return "tdlake"
}
