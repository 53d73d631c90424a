package verdict

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// String is what `tdlake verdict` prints: the numbers in their order, each with a sentence.
func (v *Verdict) String() string {
	t := &text{}
	v.writeSample(t)
	v.writeSkill(t)
	v.writeDeflated(t)
	v.writeOverfit(t)
	v.writeForward(t)
	v.writeImportance(t)
	v.writePlateau(t)
	v.writeStability(t)
	return t.String()
}

// text collects paragraphs of lines.
type text struct{ strings.Builder }

func (t *text) head(title string) { fmt.Fprintf(t, "\n%s\n", title) }

func (t *text) line(format string, args ...any) { fmt.Fprintf(t, "  "+format+"\n", args...) }

func (v *Verdict) writeSample(t *text) {
	fmt.Fprintf(t, "%d points tried in this sweep, %d in all sweeps that the datalake has on dates that overlap.\n", v.Trials, v.TrialsEver)
	fmt.Fprintf(t, "%d points are judged on the %d rows they have in common, %s to %s: %.1f years at %g rows a year.\n",
		v.Points, v.Rows, day(v.From), day(v.To), float64(v.Rows)/v.RowsPerYear, v.RowsPerYear)
	l := v.LeftOut
	for _, left := range []struct {
		n     int
		why   string
		named []Parameters
	}{
		{l.LatePoints, "begin too late", l.Late}, {l.EarlyPoints, "end early", l.Early}, {l.ConstantPoints, "never move", l.Constant},
	} {
		if left.n > 0 {
			t.line("left out, but counted as trials: %d that %s, the first at %s", left.n, left.why, v.written(left.named[0]))
		}
	}
	if l.Rows > 0 {
		t.line("left out: %d rows at which a judged point has no return", l.Rows)
	}
	t.line("best: %s, Sharpe ratio %.2f a year (90 %% of resamples: %.2f to %.2f, before any correction for choosing it)",
		v.written(v.Best.Parameters), float64(v.Best.Sharpe), float64(v.Best.Low), float64(v.Best.High))
}

func (v *Verdict) writeSkill(t *text) {
	t.head("Is anything real?")
	p := float64(v.SPA.Consistent)
	word := "not distinguishable from luck"
	if p < level {
		word = "hard to explain by luck alone"
	}
	t.line("Were no point to have any skill, a best this good would still show with probability %.3f (SPA; %.3f to %.3f): %s.",
		p, float64(v.SPA.Lower), float64(v.SPA.Upper), word)
	t.line("White's reality check, unstudentised, for comparison: p = %.3f.", float64(v.RC))
	t.line("Points that survive a family-wise error of 5 %% (Romano-Wolf): %d.", v.RomanoWolf.Surviving)
	t.line("%d resamples, blocks of %g rows on average, seed %d; p = %s; benchmark %s.",
		v.Conventions.Resamples, v.Conventions.Block, v.Conventions.Seed, "(1 + reached) / (1 + resamples)", v.Conventions.Benchmark)
}

func (v *Verdict) writeDeflated(t *text) {
	t.head("After so many tries")
	t.line("The best of %d independent points without skill would be expected to show a Sharpe ratio of %.2f a year over these rows.", v.Trials, float64(v.Luck))
	t.line("The true Sharpe ratio is above that of the luckiest with probability %.3f (deflated Sharpe ratio), %.3f with the variance floored at 1/(rows-1), %.3f after all %d trials that are known.",
		float64(v.DSR), float64(v.DSRFloored), float64(v.DSREver), v.TrialsEver)
	t.line("It is above 0 with probability %.3f, were it the only one tried (probabilistic Sharpe ratio).", float64(v.PSR))
	if math.IsInf(float64(v.MinTRL), 0) {
		t.line("No track record would be long enough: the ratio is not above 0.")
	} else {
		t.line("%.0f rows are needed for 95 %% confidence in a single point's ratio; %.1f years for the best of so many not to show 1 by luck.", float64(v.MinTRL), float64(v.MinBTL))
	}
}

func (v *Verdict) writeOverfit(t *text) {
	p := v.PBO
	t.head("Did choosing help?")
	t.line("The best point of one half of the rows ranked in the lower half on the other in %.3f of cases (PBO, %d of %d splits of %d blocks, %d rows),", float64(p.Value), p.Below, p.Splits, p.Blocks, p.Rows)
	t.line("and lost money there in %.3f of them: Sharpe ratio %.2f where it was chosen, %.2f where it was not.", float64(p.Loss), float64(p.SharpeIn), float64(p.SharpeOut))
	t.line("On pure noise PBO is 0.5 on average and anything from 0.2 to 0.8 at times: it is no proof by itself.")
}

func (v *Verdict) writeForward(t *text) {
	t.head("What choosing the best so far would have earned")
	for _, f := range v.WalkForward.Folds {
		t.line("%s to %s: %s, chosen at %.2f, earned %.2f", day(f.From), day(f.To), v.written(f.Parameters), float64(f.Chosen), float64(f.Earned))
	}
	t.line("over all of them a Sharpe ratio of %.2f a year", float64(v.WalkForward.Sharpe))
	t.line("purged cross-validation, %d splits: %.2f at worst, %.2f in the middle, %.2f at best", v.Purged.Splits, float64(v.Purged.Lowest), float64(v.Purged.Median), float64(v.Purged.Highest))
}

func (v *Verdict) writeImportance(t *text) {
	t.head("What matters")
	if !v.Anova.Exact {
		t.line("approximately, for the grid has holes: each parameter by itself")
	}
	if len(v.Anova.Effects) == 0 {
		t.line("nothing: the Sharpe ratio is the same everywhere")
	}
	for _, e := range v.Anova.Effects[:min(len(v.Anova.Effects), mostNamed)] {
		t.line("%5.1f %%  %s", 100*float64(e.Share), strings.Join(e.Parameters, " with "))
	}
}

func (v *Verdict) writePlateau(t *text) {
	if v.Plateau == nil {
		return
	}
	t.head("Where it is stable")
	p := v.Plateau
	t.line("peak: %s, %.2f; its neighbours' mean is %.2f, their worst %.2f: %.1f deviations of all points below the peak",
		v.written(p.Peak.Parameters), float64(p.Peak.Sharpe), float64(p.Peak.Mean), float64(p.Peak.Worst), float64(p.Gap))
	t.line("best neighbourhood: %s, %.2f on average, %.2f at worst", v.written(p.Robust.Parameters), float64(p.Robust.Mean), float64(p.Robust.Worst))
	t.line("safest: %s, no neighbour below %.2f", v.written(p.Safest.Parameters), float64(p.Safest.Worst))
}

func (v *Verdict) writeStability(t *text) {
	for _, s := range v.Stability {
		where := "it is stable nowhere"
		switch {
		case s.Stable != nil && s.UpTo != nil:
			where = fmt.Sprintf("it is stable up to %v and from %v", s.UpTo, s.Stable)
		case s.Stable != nil:
			where = fmt.Sprintf("it is stable from %v", s.Stable)
		case s.UpTo != nil:
			where = fmt.Sprintf("it is stable up to %v", s.UpTo)
		}
		decreases := ""
		if s.Decreases != nil {
			decreases = fmt.Sprintf(", starts to decrease at %v", s.Decreases)
		}
		t.line("%s (%s): influence is largest at %v%s; %s (%.0f %% of resamples agree)", s.Parameter, s.Scale, s.Largest, decreases, where, 100*float64(s.Agreeing))
	}
	if len(v.Stability) > 0 {
		t.line("rule: %s", v.Conventions.Stability)
	}
}

// written names a point by its parameters, in the sweep's order.
func (v *Verdict) written(p Parameters) string {
	var parts []string
	for _, q := range v.in.Parameters {
		parts = append(parts, fmt.Sprintf("%s = %v", q.Name, p[q.Name]))
	}
	return strings.Join(parts, ", ")
}

func day(t time.Time) string { return t.Format(time.DateOnly) }
