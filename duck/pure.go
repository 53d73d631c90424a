package duck

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// clocks are the functions that SQL calls without parentheses.
var clocks = []string{"current_timestamp", "current_date", "current_time", "localtime", "localtimestamp"}

// unlisted are the functions that differ from call to call although DuckDB's catalog calls them consistent. age with two
// times is pure.
var unlisted = []string{"age", "current_localtime", "current_localtimestamp", "reservoir_quantile", "getvariable", "current_setting", "version"}

// CheckPure is Check, and refuses besides whatever could give another answer over the same rows: random numbers, the
// clock, sequences, samples, and files. The message names what it found.
func (d *DB) CheckPure(ctx context.Context, sql string) error {
	tokens, err := oneStatement(sql)
	if err != nil {
		return err
	}
	if err := d.checkPure(ctx, tokens); err != nil {
		return err
	}
	return d.Check(ctx, sql)
}

func (d *DB) checkPure(ctx context.Context, tokens []token) error {
	called := calls(tokens)
	known, err := d.known(ctx, called)
	if err != nil {
		return err
	}
	const hint = "a node's rows may depend on nothing but its inputs"
	for _, name := range called {
		switch {
		case known[name].unstable || effects[name] != "" || slices.Contains(unlisted, name):
			return &RefusedError{fmt.Sprintf("the function %s gives another answer each time", name), hint}
		case slices.Contains(fileReaders, name):
			return &RefusedError{fmt.Sprintf("the function %s reads files", name), hint}
		}
	}
	for i, t := range tokens {
		alone := t.kind == word && (i == 0 || !tokens[i-1].sign(".") && !tokens[i-1].is("as"))
		switch {
		case alone && slices.Contains(clocks, strings.ToLower(t.text)):
			return &RefusedError{fmt.Sprintf("%s gives another answer each time", strings.ToLower(t.text)), hint}
		case t.is("tablesample"), t.is("sample") && i > 0 && tokens[i-1].is("using"):
			return &RefusedError{"a sample gives another answer each time", hint}
		case t.kind == text && i > 0 && (tokens[i-1].is("from") || tokens[i-1].is("join")):
			return &RefusedError{fmt.Sprintf("%s reads a file", Literal(t.text)), hint}
		}
	}
	return nil
}

// CheckCondition refuses what is not one expression, without a SELECT in it and pure.
func (d *DB) CheckCondition(ctx context.Context, where string) error {
	tokens, err := tokenize(where)
	if err != nil {
		return err
	}
	if len(tokens) == 0 {
		return &RefusedError{"the condition is empty", ""}
	}
	depth := 0
	for _, t := range tokens {
		switch {
		case t.sign("("):
			depth++
		case t.sign(")"):
			depth--
		case t.sign(";"), t.is("select"), t.is("values"), t.is("pivot"), t.is("unpivot"):
			return &RefusedError{fmt.Sprintf("%q has no place in a condition", t.text), "a condition is one SQL expression over the columns"}
		}
		if depth < 0 {
			break
		}
	}
	if depth != 0 {
		return &RefusedError{"the condition's parentheses don't match", ""}
	}
	if err := d.checkPure(ctx, tokens); err != nil {
		return err
	}
	return d.checkWords(ctx, tokens)
}
