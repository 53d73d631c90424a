package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/sweeps"
	"github.com/tdlake/tdlake/sweeps/verdict"
)

type verdictOptions struct {
	judge     verdict.Options
	json      bool
	from      string
	pboBlocks string
	benchmark string
	require   []string
}

func newVerdict(a *app) *cobra.Command {
	o := &verdictOptions{judge: verdict.DefaultOptions()}
	cmd := &cobra.Command{
		Use:   "verdict [CONFIG] [NAME=VALUES...]",
		Short: "Say what the best point of a sweep is worth",
		Long: `Says how likely a best point this good is among so many tries without any skill (reality check, Hansen's SPA, Romano-Wolf), what its Sharpe ratio is worth after
them (deflated Sharpe ratio), how often the best of one half of the rows disappoints on the other (probability of backtest overfitting), what choosing the best so far would
have earned, which parameters matter, and where the result is stable. Points that are missing are computed first, as "tdlake sweep" does.`,
		Example: `  tdlake verdict
  tdlake verdict my.yaml --json | jq .spa_p.consistent
  tdlake verdict --from 2023-01-01 --resamples 5000`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), a, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (o *verdictOptions) addFlags(f *pflag.FlagSet) {
	j := &o.judge
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.StringVar(&o.from, "from", "", "judge rows from `DATE` on, and every point that has begun by then")
	f.StringVar(&o.benchmark, "benchmark", "", "test against the returns of `NODE` instead of 0")
	f.StringArrayVar(&o.require, "require", nil, "end with exit code 6 unless `CONDITION` holds, such as 'spa_p.consistent < 0.05': a field of --json, a comparison, a number; may be repeated")
	f.IntVar(&j.Resamples, "resamples", j.Resamples, "resamples of the bootstrap")
	f.Float64Var(&j.Block, "block", 0, "mean block length of the bootstrap in rows; 0 is the median of what the points' own correlations ask for")
	f.Uint64Var(&j.Seed, "seed", j.Seed, "seed of the bootstrap")
	f.IntVar(&j.Blocks, "blocks", j.Blocks, "blocks of the cross-validation behind the probability of backtest overfitting, an even number")
	f.StringVar(&o.pboBlocks, "pbo-blocks", "uneven", "what becomes of rows that the blocks do not divide: uneven (the first blocks have one more), or drop-tail")
	f.IntVar(&j.Folds, "folds", j.Folds, "folds of walk-forward selection")
	f.IntVar(&j.Purge, "purge", 0, "rows left out between those that a point is chosen by and those it is judged on")
	f.IntVar(&j.Embargo, "embargo", 0, "rows more that are left out after a tested stretch")
}

func (o *verdictOptions) run(ctx context.Context, a *app, args []string) error {
	required, err := o.check()
	if err != nil {
		return err
	}
	parsed, err := parseArguments(args, 0)
	if err != nil {
		return err
	}
	p, err := a.loadForSweep(parsed)
	if err != nil {
		return err
	}
	if p.config.Sweep == nil {
		return usagef("add a section sweep with vary and metrics: see docs/configuration.md", "%s: the config has no sweep", parsed.config)
	}
	v, err := p.verdict(ctx, o)
	if err != nil {
		return err
	}
	if o.json {
		err = writeDocument(a.stdout, v)
	} else {
		_, err = fmt.Fprint(a.stdout, v)
	}
	for _, r := range required {
		err = errors.Join(err, r.check(v))
	}
	return err
}

// check reads the options that have a form of their own.
func (o *verdictOptions) check() (required []requirement, err error) {
	switch o.pboBlocks {
	case "uneven":
		o.judge.Tail = verdict.Uneven
	case "drop-tail":
		o.judge.Tail = verdict.DropTail
	default:
		return nil, oneOf("pbo-blocks", o.pboBlocks, "uneven", "drop-tail")
	}
	for _, text := range o.require {
		r, err := parseRequirement(text)
		if err != nil {
			return nil, err
		}
		required = append(required, r)
	}
	if o.judge.Block != 0 && o.judge.Block < 1 {
		return nil, usagef("0 takes the median of the points' own block lengths", "--block %v: at least 1 row", o.judge.Block)
	}
	return required, nil
}

// verdict computes what is missing of the sweep and judges it.
func (p *project) verdict(ctx context.Context, o *verdictOptions) (*verdict.Verdict, error) {
	start, err := o.start(p.config)
	if err != nil {
		return nil, err
	}
	seen, err := p.observe(ctx, o.benchmark)
	if err != nil {
		return nil, err
	}
	// A point may begin within the first tenth of the range; --from takes all that have begun by then.
	seen.Start, seen.Latest = start, p.config.Start+(p.config.End-p.config.Start)/10
	if o.from != "" {
		seen.Latest = start
	}
	defer p.phase("judging")()
	v, err := verdict.Judge(seen.Input, o.judge)
	if err != nil {
		return nil, usagef("tdlake verdict --help lists what can be chosen", "%s: %v", p.config.Path, err)
	}
	return v, nil
}

// start is the first time that is judged.
func (o *verdictOptions) start(c *config.Config) (int64, error) {
	if o.from == "" {
		return c.Start, nil
	}
	t, err := time.Parse(time.DateOnly, o.from)
	if err != nil || t.UnixMicro() < c.Start || t.UnixMicro() >= c.End {
		return 0, usagef("a date like 2023-01-01, within the date range", "--from %s: no date of the range", o.from)
	}
	return t.UnixMicro(), nil
}

// observe sweeps, then reads every point's returns, and those of a benchmark if one is named.
func (p *project) observe(ctx context.Context, benchmark string) (*sweeps.Observed, error) {
	var against []*graph.Node
	if benchmark != "" {
		var err error
		if against, err = p.nodes(benchmark); err != nil {
			return nil, err
		}
		if len(against) != 1 {
			return nil, usagef("name one of its elements by local_hash_id: tdlake ls", "--benchmark %s: it is %s, one is meant", benchmark, count(len(against), "node"))
		}
	}
	plan, err := p.sweep(ctx, false)
	if err != nil && !is[*sweeps.PartialError](err) {
		return nil, err
	}
	needed, err := p.needs(append(against, plan.Representatives()...))
	if err != nil {
		return nil, err
	}
	if err := p.fetch(ctx, needed); err != nil {
		return nil, err
	}
	legs, err := plan.OpenLegs()
	if err != nil {
		return nil, err
	}
	defer legs.Close()
	work, err := p.newWork(ctx, needed, legs)
	if err != nil {
		return nil, err
	}
	defer work.close()
	defer p.phase("reading the points' returns")()
	seen, err := plan.Observe(ctx, sweeps.Compute(work.engine, p.config.Start), p.threads())
	if err != nil {
		return nil, err
	}
	seen.RowsPerYear, seen.Benchmark = plan.PeriodsPerYear(), "0"
	if seen.TrialsEver, err = plan.TrialsEver(); err != nil {
		return nil, err
	}
	for _, n := range against {
		seen.Benchmark = n.Name
		if seen.Against, err = work.series(ctx, n); err != nil {
			return nil, err
		}
	}
	return seen, nil
}

// series evaluates a node that has one number a time.
func (w *work) series(ctx context.Context, n *graph.Node) (verdict.Point, error) {
	f, err := w.rows(ctx, n)
	if err != nil {
		return verdict.Point{}, err
	}
	returns, err := sweeps.ReturnsOf(f)
	if err != nil {
		return verdict.Point{}, usagef("name a portfolio, or make a node with one column of numbers and one row a time", "--benchmark %s: %v", n.Name, err)
	}
	return verdict.Point{Times: f.Times(), Returns: returns}, nil
}
