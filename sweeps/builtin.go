package sweeps

import (
	"math"
	"slices"

	"github.com/tdlake/tdlake/config"
)

// The columns of a target that built-in metrics read.
const (
	columnReturn    = "return_minus_fees"
	columnPortfolio = "portfolio"
	columnTurnover  = "turnover"
)

// DefaultPeriods is the default of periods_per_year: trading days.
const DefaultPeriods = 252

// builtin is a metric written in Go: a formula over a Summary. NaN and infinities become missing values.
type builtin struct {
	name    string
	doc     string
	columns []string // what the target must have
	annual  bool     // takes periods_per_year
	order   string   // which values are better: the large ones (descending), or the small ones
	value   func(s *Summary, perYear float64) float64
}

// builtins is the table of them, in the order of docs/metrics.md.
var builtins = []builtin{
	{"total_return", "gain over the whole range", []string{columnPortfolio}, false, config.Descending, totalReturn},
	{"annual_return", "geometric mean gain a year", []string{columnPortfolio}, true, config.Descending, annualReturn},
	{"annual_volatility", "standard deviation of returns, a year", []string{columnReturn}, true, config.Ascending, annualVolatility},
	{"sharpe", "mean return over its standard deviation, a year", []string{columnReturn}, true, config.Descending, sharpe},
	{"sortino", "mean return over its downside deviation, a year", []string{columnReturn}, true, config.Descending, sortino},
	{"max_drawdown", "deepest fall from the highest value so far", []string{columnPortfolio}, false, config.Descending, maxDrawdown},
	{"calmar", "annual return over the deepest fall", []string{columnPortfolio}, true, config.Descending, calmar},
	{"hit_rate", "share of rows that gained", []string{columnReturn}, false, config.Descending, hitRate},
	{"turnover", "mean share traded a row", []string{columnTurnover}, false, config.Ascending, turnover},
}

func builtinNamed(name string) *builtin {
	i := slices.IndexFunc(builtins, func(b builtin) bool { return b.name == name })
	if i < 0 {
		return nil
	}
	return &builtins[i]
}

// BuiltinNames returns the names of the built-in metrics, in the order of the documentation.
func BuiltinNames() []string {
	names := make([]string, len(builtins))
	for i, b := range builtins {
		names[i] = b.name
	}
	return names
}

// totalReturn is last(portfolio) - 1: a share, 0.1 is ten percent.
func totalReturn(s *Summary, _ float64) float64 { return s.Last - 1 }

// annualReturn is last(portfolio)^(periods_per_year / rows) - 1: a share a year, compounded (the CAGR of quantstats,
// annual_return of empyrical). -1 after a ruin.
func annualReturn(s *Summary, perYear float64) float64 {
	if s.perYear != perYear {
		s.perYear, s.annual = perYear, math.Pow(s.Last, perYear/float64(s.Rows))-1
	}
	return s.annual
}

// annualVolatility is std(return_minus_fees) * sqrt(periods_per_year), the sample deviation (n-1): a share a square root
// of a year, as in empyrical and quantstats. Missing below two returns.
func annualVolatility(s *Summary, perYear float64) float64 { return s.Std * math.Sqrt(perYear) }

// sharpe is mean(return_minus_fees) / std(return_minus_fees) * sqrt(periods_per_year): a pure number (Sharpe 1994, with
// a riskless rate of 0). Missing where the deviation is rounding.
func sharpe(s *Summary, perYear float64) float64 { return ratio(s.Mean, s.Std) * math.Sqrt(perYear) }

// sortino is mean(r) / sqrt(mean(min(r, 0)^2)) * sqrt(periods_per_year) with r = return_minus_fees: a pure number
// (Sortino & Price 1994, target 0; the mean is over all rows, those that gained included). Missing where no row lost more than rounding.
func sortino(s *Summary, perYear float64) float64 {
	return ratio(s.Mean, s.Downside) * math.Sqrt(perYear)
}

// maxDrawdown is min over rows of portfolio / max(1, highest portfolio so far) - 1: a share, negative or 0.
func maxDrawdown(s *Summary, _ float64) float64 { return s.Drawdown }

// calmar is annual_return / |max_drawdown|: a pure number a year. Missing where no fall is more than rounding.
func calmar(s *Summary, perYear float64) float64 {
	return ratio(annualReturn(s, perYear), math.Abs(s.Drawdown))
}

// hitRate is the share of all rows whose return_minus_fees is above 0: 0 to 1.
func hitRate(s *Summary, _ float64) float64 { return ratio(float64(s.Positive), float64(s.Rows)) }

// turnover is the mean of the turnover column over the rows where it isn't missing: a share a row.
func turnover(s *Summary, _ float64) float64 { return s.Turnover }

// ratio is missing where nothing is to be divided by.
func ratio(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

// finite turns infinities into missing values: a metric is a number or nothing.
func finite(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}
