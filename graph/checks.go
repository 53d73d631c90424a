package graph

import (
	"slices"
	"strings"

	"github.com/tdlake/tdlake/config"
	"github.com/tdlake/tdlake/frame"
)

// oneOf checks a word against the words allowed.
func oneOf(text string, words []string) (any, *fault) {
	if slices.Contains(words, text) {
		return text, nil
	}
	return nil, faultf(config.Suggest(text, words), "must be one of %s, not %q", strings.Join(words, ", "), cut(text))
}

func checkKey(key []string) *fault {
	if len(key) == 0 || key[0] != frame.TimeIndex {
		return faultf("key: [time_index, unique_identifier]; rename: {date: time_index} gives a column that name", "the key must begin with time_index")
	}
	return nil
}

func checkKeyAlone(p Params) *fault { return checkKey(p.Strings("key")) }

// checkWide checks what turns columns into rows.
func checkWide(p Params) *fault {
	if !p.Has("wide") {
		return nil
	}
	const write = "wide: {name: unique_identifier, value: adj_close}"
	wide, _ := p.Value("wide").(map[string]string)
	name, value := wide["name"], wide["value"]
	switch key := p.Strings("key"); {
	case len(wide) != 2 || name == "" || value == "":
		return faultf(write, "wide needs a name and a value, and nothing else")
	case !slices.Contains(key, name) || name == frame.TimeIndex:
		return faultf(write, "wide: the column %q, which holds the names, is not in the key", name)
	case slices.Contains(key, value):
		return faultf(write, "wide: the column %q, which holds the values, is in the key", value)
	}
	for _, c := range p.Strings("columns") {
		if c != value {
			return faultf("identifiers: chooses among the columns that become rows", "columns: %q is none: a wide table's only value column is %q", c, value)
		}
	}
	return nil
}

func checkTable(p Params) *fault {
	if f := checkWide(p); f != nil {
		return f
	}
	switch {
	case !p.Has("table") && !p.Has("query"):
		return faultf("table: NAME, or query: \"select ...\"", "neither table nor query is given")
	case p.Has("table") && p.Has("query"):
		return faultf("", "table and query are both given")
	}
	if key := p.Strings("key"); p.Has("identifiers") && !slices.Contains(key, frame.UniqueIdentifier) {
		return faultf("", "identifiers are given, but unique_identifier is not in the key")
	}
	return checkKey(p.Strings("key"))
}

func checkInterpolate(p Params) *fault {
	if !p.Has("every") {
		if p.String("timezone") != "UTC" {
			return faultf("", "timezone is given without every")
		}
		return nil
	}
	if _, err := NewSteps(p.String("every"), p.String("timezone")); err != nil {
		return faultf("", "every: %s", err)
	}
	return nil
}

func checkLag(p Params) *fault {
	if n, ok := p.Value("rows").(int64); ok && n > 1 && p.Int("periods") > 1 {
		return faultf("rows: own, or leave rows out", "rows (%d) and periods (%d) both say how many rows", n, p.Int("periods"))
	}
	return nil
}

// normaliseLag writes a number of rows of the grid in one way.
func normaliseLag(p Params) {
	if periods := p.Value("periods"); p.String("rows") != "own" && p.Int("rows") <= 1 {
		p.set("rows", periods)
		p.set("periods", int64(1))
	}
}

func checkRolling(p Params) *fault {
	function, window := p.String("function"), p.Int("in_window")
	spread := function == "std" || function == "zscore"
	switch {
	case function == "ewm" && !p.Has("halflife"):
		return faultf("halflife: 20", "ewm needs a halflife")
	case function != "ewm" && p.Has("halflife"):
		return faultf("", "halflife is for ewm, not for %s", function)
	case !spread && p.Int("ddof") != 1:
		return faultf("", "ddof is for std and zscore, not for %s", function)
	case p.Int("min_periods") > window:
		return faultf("", "min_periods (%d) is more than in_window (%d)", p.Int("min_periods"), window)
	case spread && window <= p.Int("ddof"):
		return faultf("", "in_window (%d) must be more than ddof (%d)", window, p.Int("ddof"))
	}
	return nil
}
