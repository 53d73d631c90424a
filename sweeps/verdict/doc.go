// Package verdict measures what the best of many tried points is worth.
//
// Its input is a Matrix: the returns a row of N points over the same T rows, in time order and
// without missing values. Returns are per row (a day, say) and never annualised; whatever is said
// a year is converted at the end with the number of rows a year.
//
// The parts, each with its source:
//
//   - ProbabilisticSharpe, DeflatedSharpe, MinTrackRecord: Bailey and Lopez de Prado 2012 and 2014
//   - ExpectedMaximum, MinBacktestYears, LuckBar: Bailey, Borwein, Lopez de Prado and Zhu 2014
//   - RealityCheck: White 2000, Hansen 2005 (studentised), Romano and Wolf 2005 (stepdown), on the
//     stationary bootstrap of Politis and Romano 1994; BlockLength is Patton, Politis and White 2009
//   - Overfitting: the probability of backtest overfitting by combinatorially symmetric
//     cross-validation, Bailey, Borwein, Lopez de Prado and Zhu 2017
//   - WalkForward and PurgedSplits: selection of a point on what was known, Lopez de Prado 2018
//   - Anova: the exact functional decomposition of a full grid, Hooker 2007
//   - Plateau and Stability: where results stop to depend on a parameter's exact value
//
// Results are the same to the bit for any number of processors: sums run column by column in time
// order, and what is added over resamples or splits are whole numbers, or sums in split order.
//
// The package knows nothing of sweeps, files or terminals.
package verdict
