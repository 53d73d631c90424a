package expression

// Class says which rows a function reads beside its own.
type Class uint8

// The classes.
const (
	Element Class = iota // none
	Window               // the last rows of the same identifier, up to and including its own
	State                // likewise, from the latest event among them
	Across               // all identifiers' rows at the same time
)

// Kind is what an argument is.
type Kind uint8

// The kinds of arguments.
const (
	Values    Kind = iota // numbers; a condition counts as 1 or 0
	Condition             // true, false or missing
	Anything              // any type
	Rows                  // a whole number of rows, 1 or more, constant
	Distance              // a whole number of rows, 0 or more, constant
	Count                 // a whole number, 1 or more, constant
	Constant              // a number, constant
	Zone                  // a time zone's name, constant
)

// Type is what an operation gives.
type Type uint8

// The types. Any is a column, whose type the data has.
const (
	Any Type = iota
	Num
	Cond
	Str
)

// Arg is an argument of a function.
type Arg struct {
	Name string
	Kind Kind
}

// Function is a row of the table of functions.
type Function struct {
	Name   string
	Args   []Arg
	Named  []Arg // may be left out; written name=VALUE
	OneOf  bool  // exactly one of Named must be given
	Class  Class
	Result Type   // Any: that of the first argument of kind Anything
	Doc    string // with what it does about missing values
	Pandas string // the line that says the same, w a wide frame of one column, n the rows
}

var (
	x       = Arg{"x", Values}
	y       = Arg{"y", Values}
	c       = Arg{"c", Condition}
	n       = Arg{"n", Rows}
	byGroup = []Arg{{"by", Anything}}
	decays  = []Arg{{"halflife", Constant}, {"span", Constant}, {"alpha", Constant}}
)

// Functions is the table. A window has a value where min_periods of its values are not missing.
var Functions = []Function{
	{Name: "lag", Args: []Arg{{"x", Anything}, {"n", Distance}}, Class: Window, Doc: "the value n rows before", Pandas: "w.shift(n)"},
	{Name: "diff", Args: []Arg{x, {"n", Distance}}, Class: Window, Result: Num, Doc: "x less its value n rows before", Pandas: "w.diff(n)"},
	{Name: "change", Args: []Arg{x, {"n", Distance}}, Class: Window, Result: Num, Doc: "x over its value n rows before, less 1; missing over 0", Pandas: "w / w.shift(n) - 1"},
	{Name: "sum", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "sum of the window", Pandas: "w.rolling(n).sum()"},
	{Name: "mean", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "mean of the window", Pandas: "w.rolling(n).mean()"},
	{Name: "std", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "sample deviation of the window (ddof 1)", Pandas: "w.rolling(n).std()"},
	{Name: "var", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "sample variance of the window (ddof 1)", Pandas: "w.rolling(n).var()"},
	{Name: "skew", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "skewness, unbiased as in pandas; missing where the window is constant", Pandas: "w.rolling(n).skew()"},
	{Name: "kurt", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "excess kurtosis, unbiased as in pandas; missing where the window is constant", Pandas: "w.rolling(n).kurt()"},
	{Name: "min", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "least value of the window", Pandas: "w.rolling(n).min()"},
	{Name: "max", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "largest value of the window", Pandas: "w.rolling(n).max()"},
	{Name: "argmin", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "how many rows ago the least value was; the earliest of equal ones", Pandas: "w.rolling(n).apply(lambda v: n - 1 - np.nanargmin(v), raw=True)"},
	{Name: "argmax", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "how many rows ago the largest value was; the earliest of equal ones", Pandas: "w.rolling(n).apply(lambda v: n - 1 - np.nanargmax(v), raw=True)"},
	{Name: "median", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "median of the window", Pandas: "w.rolling(n).median()"},
	{Name: "quantile", Args: []Arg{x, n, {"q", Constant}}, Class: Window, Result: Num, Doc: "quantile q of the window, interpolated linearly", Pandas: "w.rolling(n).quantile(q)"},
	{Name: "rank_over", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "rank of the newest value in the window, as a share above 0 up to 1; ties share the mean", Pandas: "w.rolling(n).rank(pct=True)"},
	{Name: "product", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "product of the window", Pandas: "w.rolling(n).apply(np.nanprod, raw=True)"},
	{Name: "count", Args: []Arg{c, n}, Class: Window, Result: Num, Doc: "how many rows of the window are true", Pandas: "c.astype(float).rolling(n).sum()"},
	{Name: "corr", Args: []Arg{x, y, n}, Class: Window, Result: Num, Doc: "correlation over the rows that have both; missing where either is constant", Pandas: "x.rolling(n).corr(y)"},
	{Name: "cov", Args: []Arg{x, y, n}, Class: Window, Result: Num, Doc: "sample covariance over the rows that have both (ddof 1)", Pandas: "x.rolling(n).cov(y)"},
	{Name: "beta", Args: []Arg{y, x, n}, Class: Window, Result: Num, Doc: "slope of y on x over the rows that have both; missing where x is constant", Pandas: "y.rolling(n).cov(x) / x.rolling(n).var()"},
	{Name: "slope", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "slope of the straight line through the window, a row", Pandas: "w.rolling(n).apply(lambda v: np.polyfit(range(n), v, 1)[0], raw=True)"},
	{Name: "intercept", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "that line's value at 0, the oldest row being 1", Pandas: "w.rolling(n).apply(lambda v: np.polyfit(range(1, n + 1), v, 1)[1], raw=True)"},
	{Name: "rsquare", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "share of the window's variance that the line explains; missing where the window is constant", Pandas: "w.rolling(n).apply(lambda v: np.corrcoef(range(n), v)[0, 1] ** 2, raw=True)"},
	{Name: "residual", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "the newest value less the line there", Pandas: "w.rolling(n).apply(lambda v: v[-1] - np.polyval(np.polyfit(range(n), v, 1), n - 1), raw=True)"},
	{Name: "ewm_mean", Args: []Arg{x, n}, Named: decays, OneOf: true, Class: Window, Result: Num, Doc: "mean of the window with weights that decay", Pandas: "w.rolling(n).apply(lambda v: pd.Series(v).ewm(span=span).mean().iloc[-1])"},
	{Name: "ewm_std", Args: []Arg{x, n}, Named: decays, OneOf: true, Class: Window, Result: Num, Doc: "deviation of the window with weights that decay, bias corrected", Pandas: "w.rolling(n).apply(lambda v: pd.Series(v).ewm(span=span).std().iloc[-1])"},
	{Name: "decay_linear", Args: []Arg{x, n}, Class: Window, Result: Num, Doc: "mean of the window with weights 1 to n, the newest the largest", Pandas: "w.rolling(n).apply(lambda v: np.average(v, weights=range(1, n + 1)), raw=True)"},
	{Name: "rows_since", Args: []Arg{c, n}, Class: State, Result: Num, Doc: "rows since c was true, 0 at that row; missing where it was not in the last n rows and this one", Pandas: ""},

	{Name: "latch", Args: []Arg{{"enter", Condition}, {"exit", Condition}, n}, Class: State, Result: Cond, Doc: "at the latest of the last n rows where either is true: is enter true and exit not? False where there is none"},
	{Name: "at_last", Args: []Arg{c, {"x", Values}, n}, Class: State, Result: Num, Doc: "x at the latest of the last n rows where c is true; missing where there is none"},
	{Name: "max_since", Args: []Arg{c, x, n}, Class: State, Result: Num, Doc: "largest x since that row, missing values skipped"},
	{Name: "min_since", Args: []Arg{c, x, n}, Class: State, Result: Num, Doc: "least x since that row, missing values skipped"},

	{Name: "rank", Args: []Arg{x}, Named: byGroup, Class: Across, Result: Num, Doc: "rank among the identifiers, as a share above 0 up to 1; ties share the mean, missing ones are not ranked", Pandas: "w.rank(axis=1, pct=True)"},
	{Name: "zscore", Args: []Arg{x}, Named: byGroup, Class: Across, Result: Num, Doc: "distance from the mean in sample deviations; missing where all are equal", Pandas: "w.sub(w.mean(axis=1), axis=0).div(w.std(axis=1), axis=0)"},
	{Name: "demean", Args: []Arg{x}, Named: byGroup, Class: Across, Result: Num, Doc: "distance from the mean", Pandas: "w.sub(w.mean(axis=1), axis=0)"},
	{Name: "scale", Args: []Arg{x}, Named: byGroup, Class: Across, Result: Num, Doc: "over the sum of |x|, so that the sizes add up to 1; missing where all are 0", Pandas: "w.div(w.abs().sum(axis=1), axis=0)"},
	{Name: "winsorize", Args: []Arg{x, {"p", Constant}}, Named: byGroup, Class: Across, Result: Num, Doc: "clipped at the linear quantiles p and 1-p", Pandas: "w.clip(w.quantile(p, axis=1), w.quantile(1 - p, axis=1), axis=0)"},
	{Name: "quantile_of", Args: []Arg{x, {"k", Count}}, Named: byGroup, Class: Across, Result: Num, Doc: "which of k buckets of equal size, 1 to k", Pandas: "np.ceil(w.rank(axis=1, pct=True) * k)"},
	{Name: "sum_across", Args: []Arg{x}, Named: byGroup, Class: Across, Result: Num, Doc: "sum over the identifiers", Pandas: "w.sum(axis=1)"},
	{Name: "mean_across", Args: []Arg{x}, Named: byGroup, Class: Across, Result: Num, Doc: "mean over the identifiers", Pandas: "w.mean(axis=1)"},
	{Name: "count_across", Args: []Arg{{"x", Anything}}, Named: byGroup, Class: Across, Result: Num, Doc: "identifiers for which x is not missing; of a condition, for which it is true", Pandas: "w.count(axis=1)"},

	{Name: "abs", Args: []Arg{x}, Result: Num, Doc: "size", Pandas: "w.abs()"},
	{Name: "sign", Args: []Arg{x}, Result: Num, Doc: "-1, 0 or 1", Pandas: "np.sign(w)"},
	{Name: "sqrt", Args: []Arg{x}, Result: Num, Doc: "square root; missing below 0", Pandas: "np.sqrt(w)"},
	{Name: "exp", Args: []Arg{x}, Result: Num, Doc: "e to the power of x; missing where it overflows", Pandas: "np.exp(w)"},
	{Name: "log", Args: []Arg{x}, Result: Num, Doc: "natural logarithm; missing at 0 and below", Pandas: "np.log(w)"},
	{Name: "signed_power", Args: []Arg{x, {"a", Values}}, Result: Num, Doc: "sign(x) * abs(x) ^ a", Pandas: "np.sign(w) * w.abs() ** a"},
	{Name: "clip", Args: []Arg{x, {"a", Values}, {"b", Values}}, Result: Num, Doc: "no less than a and no more than b", Pandas: "w.clip(a, b)"},
	{Name: "if", Args: []Arg{c, {"a", Anything}, {"b", Anything}}, Result: Any, Doc: "a where c is true, b where it is false, missing where it is missing", Pandas: "a.where(c, b)"},
	{Name: "is_missing", Args: []Arg{{"x", Anything}}, Result: Cond, Doc: "whether there is no value", Pandas: "w.isna()"},
	{Name: "coalesce", Args: []Arg{{"a", Anything}, {"b", Anything}}, Result: Any, Doc: "a, or b where a is missing", Pandas: "a.fillna(b)"},
	{Name: "min_of", Args: []Arg{{"a", Values}, {"b", Values}}, Result: Num, Doc: "the smaller; missing where either is", Pandas: "np.minimum(a, b)"},
	{Name: "max_of", Args: []Arg{{"a", Values}, {"b", Values}}, Result: Num, Doc: "the larger; missing where either is", Pandas: "np.maximum(a, b)"},
	{Name: "time_of_day", Args: []Arg{{"tz", Zone}}, Result: Num, Doc: "minutes since midnight in a time zone", Pandas: "t.hour * 60 + t.minute"},
	{Name: "weekday", Args: []Arg{{"tz", Zone}}, Result: Num, Doc: "day of the week in a time zone, Monday 1", Pandas: "t.weekday + 1"},
	{Name: "day", Args: []Arg{{"tz", Zone}}, Result: Num, Doc: "day of the month in a time zone", Pandas: "t.day"},
	{Name: "month", Args: []Arg{{"tz", Zone}}, Result: Num, Doc: "month in a time zone", Pandas: "t.month"},
	{Name: "year", Args: []Arg{{"tz", Zone}}, Result: Num, Doc: "year in a time zone", Pandas: "t.year"},
}

// FunctionNamed returns a row of the table, or nil.
func FunctionNamed(name string) *Function {
	for i := range Functions {
		if Functions[i].Name == name {
			return &Functions[i]
		}
	}
	return nil
}

// reach is how many rows before its own a function reads, given its rows.
func (f *Function) reach(rows int) int {
	switch f.Name {
	case "lag", "diff", "change", "rows_since":
		return rows
	}
	return max(rows-1, 0)
}
