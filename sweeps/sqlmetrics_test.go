package sweeps

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
)

func TestMetricsThatDoNotFitAreProblems(t *testing.T) {
	tests := map[string]string{
		"max(portfoli)":                              `Referenced column "portfoli" not found`,
		"max(portfolio":                              "parentheses",
		"portfolio":                                  "must appear in the GROUP BY clause",
		"[1, 2]":                                     "its result is INTEGER[]",
		"max(portfolio) + random()":                  "the function random gives another answer each time",
		"count(*) + (select 1)":                      "has no place in a condition",
		"max(portfolio) - (from target)":             "it has a query within it",
		"rank() over (order by max(portfolio))":      "it has a window function",
		"max(portfolio), min(portfolio)":             "",
		"max(\"The Point\")":                         "no column of the target",
		"max(#1)":                                    "takes a column by its place",
		"max(columns(*))":                            "it takes columns by a pattern",
		"any_value(cast(target as varchar))":         `"target" not found`,
		"max(target.portfolio)":                      `"target" not found`,
		"max(portfolio) from target; drop table a":   "has no place in a condition",
		"current_timestamp":                          "current_timestamp gives another answer each time",
		"max(return_minus_fees) filter (portfolio >": "",
	}
	for sql, want := range tests {
		w := newWorld(t)
		p := w.plan(metricsOnly(vary, fmt.Sprintf("    sharpe:\n    mine: %q\n", sql)))
		e := &fake{}
		_, err := Run(context.Background(), p, e, Options{})
		var problems config.Problems
		if !errors.As(err, &problems) || len(problems) != 1 || !strings.Contains(err.Error(), want) || problems[0].Hint == "" || problems[0].Line == 0 {
			t.Errorf("%s: %v", sql, err)
		}
		if e.evals > 1 {
			t.Errorf("%s: %d evaluations", sql, e.evals)
		}
		if files, _ := list(p.Dir, ""); len(files) > 0 {
			t.Errorf("%s: left %v", sql, files)
		}
	}
}

func TestBuiltinMetricsNeedTheirColumns(t *testing.T) {
	c, _, err := load(metricsOnly(vary, "    sharpe:\n    total_return:\n    n: count(*)\n"))
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := NewMetrics(c)
	if err != nil {
		t.Fatal(err)
	}
	target := frame.Long("close")
	target.Fields = append(target.Fields, frame.Field{Name: columnPortfolio, Type: frame.String})
	err = CheckMetrics(context.Background(), c, metrics, target)
	for _, want := range []string{
		"the metric sharpe needs the column return_minus_fees, which the target portfolio doesn't have (columns: time_index, unique_identifier, close, portfolio)",
		"the metric total_return needs numbers in the column portfolio of the target portfolio, which holds string",
		"hint: call the column return_minus_fees that holds returns a row, 0.01 being one percent, or leave sharpe out",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

func TestSQLMetricsHaveTypes(t *testing.T) {
	w := newWorld(t)
	p := w.run(metricsOnly(vary, `
    last_time_of_gain: "max(time_index) filter (return_minus_fees > 0)"
    good: "bool_or(portfolio > 1.05)"
    label: "case when max(portfolio) > 1 then 'up' else 'down' end"
    n: "count(*)"
    whole: "sum(1)"
    decimal: "sum(1.5)"
    on_day: "max(cast(time_index as date))"
`), &fake{}, Options{Jobs: 2, blockPoints: 4})
	types := map[string]frame.Type{}
	for _, c := range p.ranked(t, 1).Columns {
		types[c.Name] = c.Type
	}
	for name, want := range map[string]frame.Type{
		"last_time_of_gain": frame.Timestamp, "good": frame.Bool, "label": frame.String, "n": frame.Int64, "whole": frame.Int64,
		"decimal": frame.Float64, "on_day": frame.Date,
	} {
		if types[name] != want {
			t.Errorf("%s is %s, not %s", name, types[name], want)
		}
	}
	// They are read again as they were written.
	again := w.plan(metricsOnly(vary, `
    last_time_of_gain: "max(time_index) filter (return_minus_fees > 0)"
    good: "bool_or(portfolio > 1.05)"
    label: "case when max(portfolio) > 1 then 'up' else 'down' end"
    n: "count(*)"
    whole: "sum(1)"
    decimal: "sum(1.5)"
    on_day: "max(cast(time_index as date))"
`))
	if a, b := fmt.Sprint(p.ranked(t, 0).Rows), fmt.Sprint(again.ranked(t, 0).Rows); a != b {
		t.Errorf("written %s\nread    %s", a, b)
	}
}

func TestASQLMetricThatFailsIsNamed(t *testing.T) {
	p := newWorld(t).plan(metricsOnly(vary, `
    n: "count(*)"
    wrong: "max(cast(portfolio || 'x' as double))"
`))
	_, err := Run(context.Background(), p, &fake{}, Options{})
	var partial *PartialError
	if !errors.As(err, &partial) || !strings.Contains(err.Error(), "the metric wrong: conversion error") || strings.Contains(partial.Hint(), "the others") {
		t.Errorf("%v", err)
	}
}

// TestSQLMetricsDoNotDependOnTheirNeighbours is what lets blocks be cut anywhere.
func TestSQLMetricsDoNotDependOnTheirNeighbours(t *testing.T) {
	ctx := context.Background()
	sql, err := openSQL(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer sql.close()
	var metrics []*Metric
	for i, expression := range []string{
		"sum(return_minus_fees)", "avg(return_minus_fees)", "stddev_samp(return_minus_fees)", "corr(return_minus_fees, portfolio)",
		"regr_slope(return_minus_fees, portfolio)", "kurtosis(return_minus_fees)", "median(portfolio)", "arg_max(portfolio, time_index)",
		"first(portfolio)", "last(portfolio)", "sum(turnover) filter (return_minus_fees > 0)", "quantile_cont(portfolio, 0.05)",
		"list_sum(list(return_minus_fees order by portfolio))", "fsum(return_minus_fees)", "product(1 + return_minus_fees)", "entropy(round(portfolio, 2))",
	} {
		metrics = append(metrics, &Metric{Name: fmt.Sprint("m", i), SQL: expression})
	}
	if problems, err := sql.check(ctx, &config.Config{}, metrics, portfolioSchema); err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	r := rand.New(rand.NewPCG(5, 6))
	frames := make([]*frame.Frame, 300)
	for i := range frames {
		frames[i] = portfolioFrame(market(r, 1+r.IntN(900)))
	}
	together, err := sql.compute(ctx, "all", metrics, frames)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at < len(frames); {
		n := min(1+r.IntN(5), len(frames)-at)
		alone, err := sql.compute(ctx, "some", metrics, frames[at:at+n])
		if err != nil {
			t.Fatal(err)
		}
		for k, m := range metrics {
			for i := range n {
				if a, b := alone[k].at(i), together[k].at(at+i); a != b {
					t.Fatalf("%s of frame %d is %v alone, %v among 300", m.SQL, at+i, a, b)
				}
			}
		}
		at += n
	}
}

func TestASQLMetricFailsWhereItsRowsAreToBlame(t *testing.T) {
	w := newWorld(t)
	p := w.plan(metricsOnly(vary, "    total_return:\n    bad: \"cast(case when count(*) < 60 then 'none' else '1' end as integer)\"\n"))
	_, err := Run(context.Background(), p, &fake{}, Options{Jobs: 2, blockPoints: 8})
	var partial *PartialError
	if !errors.As(err, &partial) || !strings.Contains(err.Error(), "the metric bad: conversion error: Could not convert string 'none' to INT32") {
		t.Fatalf("the run ended with %v", err)
	}
	short := 0
	for point := range p.Points() {
		if n := fakePortfolio(p.Node(point)).Rows(); n > 0 && n < 60 {
			short++
		}
	}
	if partial.Failed != short || short == 0 {
		t.Errorf("%d failed, %d are short", partial.Failed, short)
	}
}
