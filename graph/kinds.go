package graph

import "github.com/tdlake/tdlake/frame"

// The names of the kinds, as `kind:` says them.
const (
	KindTable       = "table"
	KindInterpolate = "interpolate"
	KindReturns     = "returns"
	KindLag         = "lag"
	KindRolling     = "rolling"
	KindLasso       = "lasso"
	KindLongShort   = "long_short_portfolio"
	KindExpression  = "expression"
	KindWeights     = "weights"
	KindPortfolio   = "portfolio"
	KindSQL         = "sql"
	KindPython      = "python"
	KindCommand     = "command"
)

// Kind is the static facts of a kind of node. Version goes up when the same parameters come to mean other results.
type Kind struct {
	Name    string
	Version int
	Doc     string
	Params  []ParamSpec
	Inputs  []InputSpec
	Key     []string // the output's key; nil: the parameter key
	Output  string   // the output's value columns, for the docs

	// ByIdentifier: a row depends on the rows of its own unique_identifier and on the time grid of the input, which is of all
	// identifiers together, and on nothing else. Such a kind has one input, called input.
	ByIdentifier bool

	check  func(p Params) *fault                           // what concerns several parameters; nil: nothing
	derive func(p Params, roles []string) (string, *fault) // fills in what follows from the others; the parameter at fault. nil: nothing
	look   func(o Outside, p Params) (string, *fault)      // fills in what lies outside the config; the parameter at fault. nil: nothing
}

// Kinds returns every kind. The table is shared and not to be changed.
func Kinds() []*Kind { return kinds }

// KindNamed returns the kind of a name, or nil.
func KindNamed(name string) *Kind {
	for _, k := range kinds {
		if k.Name == name {
			return k
		}
	}
	return nil
}

// maxRows bounds counts of rows: far more than any grid has, little enough to add up.
const maxRows = 100_000_000

// rowsOf says whose rows are counted.
var rowsOf = []string{"grid", "own"}

var (
	panelKey   = []string{frame.TimeIndex, frame.UniqueIdentifier}
	timeKey    = []string{frame.TimeIndex}
	keyParam   = ParamSpec{Name: "key", Type: Texts, Default: panelKey, Doc: "the key's columns, the first of them time_index"}
	inputPanel = InputSpec{Role: "input", Key: KeyPanel, Doc: "the node that is read"}
	namedInput = InputSpec{Role: "inputs", Named: true, Doc: "role: node, or {node: NAME, as_of: each | whole, max_age: 90d}, as many as there are; the first gives the time grid"}
	lookback   = ParamSpec{Name: "lookback", Type: Int, Required: true, Min: limit(0), Max: limit(maxRows), Doc: "rows that a row needs from before its time: of the first input's grid, and of each identifier its own"}
	freeParams = ParamSpec{Name: "params", Type: FreeMap, Doc: "a mapping of names to values, handed on as it is"}
	timeout    = ParamSpec{Name: "timeout", Type: Span, Outside: true, Doc: "how long one call may take, such as 30s or 10m; default: as long as it likes"}
	memory     = ParamSpec{Name: "memory", Type: Size, Outside: true, Doc: "how much memory one call may take, such as 2GiB; default: no limit"}
	whoseRows  = ParamSpec{Name: "rows", Type: Enum, Enum: rowsOf, Default: "grid", Doc: "whose rows are counted: grid, those at which any identifier has one; own, those that the identifier itself has"}
	onlyColumn = ParamSpec{Name: "column", Type: Text, Doc: "the column that is read; default: the only one there is"}
)

// kinds is the table of kinds: what may be written in a node's body, and what the words mean. A parameter added with a
// default changes no node's identity.
var kinds = []*Kind{
	{
		Name: KindTable, Version: 1,
		Doc: "rows of a table, or of a query, in the database",
		Params: []ParamSpec{
			{Name: "table", Type: Text, Doc: "the table's name"},
			{Name: "query", Type: SQL, Doc: "a SELECT instead of a table"},
			{Name: "wide", Type: TextMap, Doc: "{name: unique_identifier, value: adj_close}: all columns but the key's become rows, their names in the one, their values in the other; missing values make no row"},
			{Name: "timezone", Type: Zone, Doc: "where times without a zone are, such as America/New_York; default: UTC, with a warning"},
			{Name: "rename", Type: TextMap, Doc: "column in the database: name here"},
			{Name: "identifiers", Type: Texts, Set: true, Doc: "only these unique_identifiers; default: all"},
			{Name: "columns", Type: Texts, Doc: "value columns, after rename, in this order; default: all. Names of the key may be among them"},
			keyParam,
		},
		Output: "the columns asked for",
		check:  checkTable,
	},
	{
		Name: KindInterpolate, Version: 1, ByIdentifier: true,
		Doc: "brings all identifiers onto one time grid: the union of the observed times, or a regular one",
		Params: []ParamSpec{
			{Name: "method", Type: Enum, Enum: []string{"previous"}, Required: true, Doc: "previous: the last value at or before the time"},
			{Name: "every", Type: Span, Doc: "a regular grid: 1d, 1h, 15m, 30s; default: the observed times"},
			{Name: "timezone", Type: Zone, Default: "UTC", Doc: "where the days of every begin"},
			{Name: "max_gap", Type: Span, Doc: "values older than this are missing; default: no limit"},
		},
		Inputs: []InputSpec{inputPanel},
		Key:    panelKey, Output: "every numeric column of the input, as float",
		check: checkInterpolate,
	},
	{
		Name: KindReturns, Version: 2, ByIdentifier: true,
		Doc: "the change from one row of the grid to a later one; missing from a price that is missing, zero or negative and to one that is missing or negative; to a price of 0 it is -1",
		Params: []ParamSpec{
			onlyColumn,
			{Name: "method", Type: Enum, Enum: []string{"simple", "log"}, Default: "simple", Doc: "simple: b/a - 1; log: ln(b/a)"},
			{Name: "periods", Type: Int, Default: int64(1), Min: limit(1), Max: limit(maxRows), Doc: "rows between the two prices"},
			whoseRows,
		},
		Inputs: []InputSpec{inputPanel},
		Key:    panelKey, Output: "return",
	},
	{
		Name: KindLag, Version: 1, ByIdentifier: true,
		Doc: "the values of some rows of the grid before",
		Params: []ParamSpec{
			{Name: "rows", Type: Count, Enum: rowsOf, Default: int64(1), Min: limit(1), Max: limit(maxRows), Doc: "how many rows of the grid before; or whose rows are counted, grid or own, periods saying how many"},
			{Name: "periods", Type: Int, Default: int64(1), Min: limit(1), Max: limit(maxRows), Doc: "how many rows before, where rows says whose"},
			{Name: "columns", Type: Texts, Doc: "the columns; default: all of the input's"},
		},
		Inputs: []InputSpec{inputPanel},
		Key:    panelKey, Output: "the same columns as the input's",
		check: checkLag,
	},
	{
		Name: KindRolling, Version: 2, ByIdentifier: true,
		Doc: "a statistic over the last rows of the grid, each identifier by itself",
		Params: []ParamSpec{
			onlyColumn,
			{Name: "function", Type: Enum, Enum: []string{"sum", "mean", "std", "min", "max", "zscore", "ewm"}, Required: true, Doc: "the statistic"},
			{Name: "in_window", Type: Int, Required: true, Min: limit(1), Max: limit(maxRows), Doc: "rows of the grid, up to and including the time"},
			{Name: "halflife", Type: Float, Min: limit(0), Above: true, Doc: "ewm: rows after which a weight is halved"},
			{Name: "min_periods", Type: Int, DefaultFrom: "in_window", Min: limit(1), Max: limit(maxRows), Doc: "values that must not be missing; default: in_window"},
			{Name: "ddof", Type: Int, Default: int64(1), Min: limit(0), Max: limit(maxRows), Doc: "std, zscore: subtracted from the number of values"},
			whoseRows,
		},
		Inputs: []InputSpec{inputPanel},
		Key:    panelKey, Output: "named by the function",
		check: checkRolling,
	},
	{
		Name: KindLasso, Version: 1,
		Doc: "at each time, the weights of a universe that replicate one ticker best over the last rows",
		Params: []ParamSpec{
			{Name: "column", Type: Text, Doc: "the column of returns; default: return, or the only one there is"},
			{Name: "ticker_to_replicate", Type: Text, Required: true, Doc: "the identifier that is replicated; never its own feature"},
			{Name: "universe", Type: Texts, Set: true, OrNode: "universe_where", Required: true, Doc: "the features: a list of identifiers, or {node: NAME, where: \"SQL condition\"} for members as of each time"},
			{Name: "universe_where", Type: SQL, Inner: true, Doc: "which rows of the universe's node count; written as universe.where"},
			{Name: "in_window", Type: Int, Required: true, Min: limit(2), Max: limit(maxRows), Doc: "rows of the grid, up to and including the time"},
			{Name: "lasso_alpha", Type: Float, Required: true, Min: limit(0), Doc: "weight of the penalty, as scikit-learn's alpha"},
			{Name: "fit_intercept", Type: Bool, Default: false, Doc: "fit a constant too"},
			{Name: "positive", Type: Bool, Default: true, Doc: "weights are 0 or more"},
			{Name: "l1_ratio", Type: Float, Default: 1.0, Min: limit(0), Above: true, Max: limit(1), Doc: "share of the penalty that is |b|; the rest is b squared"},
			{Name: "rows", Type: Enum, Enum: rowsOf, Default: "grid", Doc: "whose rows are counted: grid, those at which any identifier has one; own, those at which ticker_to_replicate has a return"},
		},
		Inputs: []InputSpec{
			{Role: "input", Key: KeyPanel, Doc: "the returns"},
			{Role: "universe", Key: KeyMembers, Optional: true, Inner: true, Doc: "written as universe.node"},
		},
		Key: panelKey, Output: "weight",
	},
	{
		Name: KindLongShort, Version: 2,
		Doc: "a portfolio that is long one leg of weights and short another",
		Params: []ParamSpec{
			{Name: "column", Type: Text, Doc: "the column of returns; default: the only one there is"},
			{Name: "fee", Type: Float, Default: 0.0, Min: limit(0), Doc: "paid on each unit of turnover"},
		},
		Inputs: []InputSpec{
			{Role: "returns", Key: KeyPanel, Doc: "the simple returns from row to row that weights earn", refuse: earned},
			{Role: "long", Key: KeyPanel, Many: true, Doc: "a node of weights or a list; all elements of a foreach; their mean is the leg", refuse: held},
			{Role: "short", Key: KeyPanel, Many: true, Doc: "a node of weights or a list, like long", refuse: held},
		},
		Key: timeKey, Output: "return, return_minus_fees, portfolio, turnover",
	},
	{
		Name: KindExpression, Version: 1,
		Doc: "columns computed by formulas from the columns of other nodes: over time, and across identifiers",
		Params: []ParamSpec{
			{Name: "value", Type: Formula, Outside: true, Doc: "the formula of the only column, which is called value"},
			{Name: "columns", Type: Formulas, Outside: true, Doc: "name: formula, as many as there are"},
			{Name: "let", Type: Formulas, Outside: true, Doc: "name: formula, for use in the others; not in the output"},
			{Name: "keep", Type: Formula, Outside: true, Doc: "a condition: functions across identifiers see rows where it is true, columns are missing elsewhere"},
			{Name: "drop", Type: Bool, Default: false, Doc: "leave rows out where keep is not true"},
			{Name: "min_periods", Type: Int, Min: limit(1), Max: limit(maxRows), Doc: "values that a window needs; default: all its rows"},
			{Name: "program", Type: Text, Inner: true, Doc: "what the formulas compute"},
			{Name: "lookback", Type: Int, Inner: true, Outside: true, Doc: "rows of the grid that the formulas go back"},
		},
		Inputs: []InputSpec{
			{Role: "input", Key: KeyPanel, Optional: true, Doc: "the node whose columns the formulas name; or inputs"},
			{Role: "inputs", Named: true, Optional: true, Doc: "name: node, as many as there are; rows are the first one's, and p.close is the column of p"},
		},
		Key: panelKey, Output: "value, or the columns named",
		derive: deriveExpression,
	},
	{
		Name: KindWeights, Version: 1,
		Doc: "who is held, and how much of each, by a signal: the best ten, the worst tenth, in groups, at the first row of each month",
		Params: []ParamSpec{
			{Name: "column", Type: Text, Doc: "the signal; default: the only column of numbers or conditions"},
			{Name: "long", Type: Custom, read: readSide("top", "above"), Doc: "{top: 10}, {top: 10%}, {above: 0.5} or all"},
			{Name: "short", Type: Custom, read: readSide("bottom", "below"), Doc: "{bottom: 10}, {bottom: 10%}, {below: -0.5} or all"},
			{Name: "weighting", Type: Custom, read: readWeighting, Default: "equal", Doc: "equal, rank, value, given, or {inverse_volatility: COLUMN}"},
			{Name: "gross", Type: Custom, read: readGross, Default: "1 1", Doc: "{long: 1, short: 1}: what each side sums to"},
			{Name: "within", Type: Text, Doc: "a column of groups: members are chosen and weighted within each"},
			{Name: "max_weight", Type: Float, Min: limit(0), Above: true, Doc: "the largest weight; the excess goes to the others of the side"},
			{Name: "rebalance", Type: Custom, read: readRebalance, Default: "every_row", Doc: "every_row, changes, 1w, 1mo, 3mo, 21 rows, or {rows: 21, offset: 0}"},
			{Name: "timezone", Type: Zone, Default: "UTC", Doc: "where weeks and months begin"},
		},
		Inputs: []InputSpec{{Role: "input", Key: KeyPanel, Doc: "the signals"}},
		Key:    panelKey, Output: "weight",
		check: checkWeights,
	},
	{
		Name: KindPortfolio, Version: 1,
		Doc: "what weights earn row by row, with drift, costs, borrowing and cash",
		Params: []ParamSpec{
			{Name: "column", Type: Text, Doc: "the column of weights; default: weight, or the only one of numbers or conditions"},
			{Name: "delay", Type: Int, Default: int64(1), Min: limit(0), Max: limit(1000), Doc: "rows from a weight's time to the first return that it earns"},
			{Name: "allow_same_row", Type: Bool, Default: false, Doc: "allow delay 0"},
			{Name: "drift", Type: Bool, Default: true, Doc: "between rebalances weights drift with returns; false: they are restored at every row"},
			{Name: "turnover", Type: Enum, Enum: []string{"drifted", "stamped"}, Default: "drifted", Doc: "drifted: what is traded; stamped: the change of the weights as they are stamped, with drift: false"},
			{Name: "fee", Type: Float, Default: 0.0, Min: limit(0), Doc: "paid on each unit traded"},
			{Name: "slippage", Type: Float, Default: 0.0, Min: limit(0), Doc: "lost on each unit traded, beside the fee"},
			{Name: "borrow", Type: Float, Default: 0.0, Min: limit(0), Doc: "a year, paid on value that is short"},
			{Name: "cash", Type: Float, Default: 0.0, Doc: "a year, earned by value that is not invested"},
			{Name: "times", Type: Custom, read: readTimes, Inner: true, Doc: "written as times of the weights"},
			{Name: "weight_columns", Type: Custom, read: readColumns, Inner: true, Doc: "written as column of the weights"},
		},
		Inputs: []InputSpec{
			{Role: "returns", Key: KeyPanel, Doc: "the returns that weights earn", refuse: earned},
			{Role: "weights", Key: KeyMembers, Many: true, Factors: true, Doc: "a node, a list of nodes, or a list of {node: N, times: 1, column: C}", refuse: held},
		},
		Key: timeKey, Output: "return, return_minus_fees, portfolio, turnover, gross, net",
		check: checkPortfolio,
	},
	{
		Name: KindSQL, Version: 2,
		Doc: "a DuckDB query over other nodes",
		Params: []ParamSpec{
			{Name: "query", Type: SQL, Required: true, Doc: "one SELECT; the inputs are tables of the names given"},
			keyParam, lookback, asOfParam,
		},
		Inputs: []InputSpec{{Role: "inputs", Named: true, Doc: "name in the query: node, or {node: NAME, as_of: each | whole, max_age: 90d}; the first gives the time grid"}},
		Output: "the query's",
		check:  checkKeyAlone,
	},
	{
		Name: KindPython, Version: 2,
		Doc: "a Python function over other nodes, run in an environment of its own",
		Params: []ParamSpec{
			{Name: "function", Type: Text, Required: true, Outside: true, Doc: "FILE.py:NAME, the file relative to the config's folder"},
			{Name: "environment", Type: Text, Required: true, Outside: true, Doc: "one of environments: the interpreter and its packages"},
			freeParams, lookback, keyParam, timeout, memory, asOfParam,
			{Name: "name", Type: Text, Inner: true, Doc: "the function's name"},
			{Name: "source", Type: Text, Inner: true, Doc: "SHA-256 of the function's file"},
			{Name: "packages", Type: Text, Inner: true, Doc: "SHA-256 of the environment's Python version and locked packages"},
			{Name: "contents", Type: Texts, Inner: true, Outside: true, Doc: "what packages is the SHA-256 of"},
		},
		Inputs: []InputSpec{namedInput},
		Output: "the function's",
		check:  checkKeyAlone,
		look:   lookPython,
	},
	{
		Name: KindCommand, Version: 2,
		Doc: "a program over other nodes, which reads and writes Arrow IPC streams",
		Params: []ParamSpec{
			{Name: "command", Type: Words, Required: true, Outside: true, Doc: "the program and its arguments; relative paths are relative to the config's folder, where it runs"},
			{Name: "protocol", Type: Enum, Enum: []string{"stream", "calls"}, Default: "stream", Doc: "stream: started for each call, a stream a node; calls: kept alive, framed messages"},
			freeParams, lookback, keyParam, timeout, memory, asOfParam,
			{Name: "program", Type: Words, Inner: true, Doc: "the command's words, files below the config's folder by name and SHA-256"},
		},
		Inputs: []InputSpec{namedInput},
		Output: "the program's",
		check:  checkKeyAlone,
		look:   lookCommand,
	},
}
