package duck

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

const onlySelect = "one SELECT is accepted, also as FROM, WITH, VALUES, PIVOT, UNPIVOT, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN"

var errSeveral error = &RefusedError{"there is more than one statement", onlySelect}

// openings are the words that a reading statement begins with.
var openings = []string{
	"select", "from", "with", "values", "table", "pivot", "pivot_wider", "unpivot", "pivot_longer", "describe", "desc", "show", "summarize", "explain",
}

// writers are the words that no reading statement has at the beginning of a parenthesis.
var writers = []string{
	"insert", "update", "delete", "merge", "copy", "create", "drop", "alter", "attach", "detach", "truncate", "call", "execute", "prepare", "pragma", "export", "import", "install", "load", "vacuum",
}

// Check refuses (*RefusedError) all but exactly one statement that only reads. DuckDB's settings do not suffice for
// that: with external access off and allowed_directories set, COPY still overwrites a file in them, and EXPLAIN ANALYZE
// runs what it explains. Words are judged first, because DuckDB runs parts of some statements while it prepares
// them; then DuckDB's own parser has to agree that the statement is a SELECT.
func (d *DB) Check(ctx context.Context, sql string) error {
	s, err := d.admit(ctx, sql)
	if err != nil {
		return err
	}
	return d.checkTypes(s)
}

// admit is Check but for the statement's own type, which is left to whoever prepares it.
func (d *DB) admit(ctx context.Context, sql string) (*judged, error) {
	s, err := d.judge(ctx, sql)
	if err != nil || s.explained == nil {
		return s, err
	}
	return s, d.checkTypes(s.explained)
}

// CheckWords is the part of Check for which a statement need not be prepared: the tables it names may be missing.
func (d *DB) CheckWords(ctx context.Context, sql string) error {
	_, err := d.judge(ctx, sql)
	return err
}

// judged is one statement whose words only read.
type judged struct {
	sql       string
	tokens    []token
	explained *judged // what an EXPLAIN explains
}

func (d *DB) judge(ctx context.Context, sql string) (*judged, error) {
	tokens, err := oneStatement(sql)
	if err != nil {
		return nil, err
	}
	if err := checkOpening(tokens); err != nil {
		return nil, err
	}
	s := &judged{sql: sql, tokens: tokens}
	if !tokens[0].is("explain") {
		return s, d.checkWords(ctx, tokens)
	}
	from, err := explained(tokens)
	if err != nil {
		return nil, err
	}
	s.explained, err = d.judge(ctx, sql[from.at:])
	return s, err
}

// oneStatement returns the tokens of a statement without its last semicolons.
func oneStatement(sql string) ([]token, error) {
	tokens, err := tokenize(sql)
	if err != nil {
		return nil, err
	}
	for len(tokens) > 0 && tokens[len(tokens)-1].sign(";") {
		tokens = tokens[:len(tokens)-1]
	}
	if len(tokens) == 0 {
		return nil, &RefusedError{"there is no statement", onlySelect}
	}
	if slices.ContainsFunc(tokens, func(t token) bool { return t.sign(";") }) {
		return nil, errSeveral
	}
	return tokens, nil
}

func checkOpening(tokens []token) error {
	for _, t := range tokens {
		if t.sign("(") {
			continue
		}
		if t.kind == word && slices.Contains(openings, strings.ToLower(t.text)) {
			return nil
		}
		return &RefusedError{fmt.Sprintf("a statement that begins with %s is refused: this is read only", strings.ToUpper(t.text)), onlySelect}
	}
	return &RefusedError{"there is no statement", onlySelect}
}

// explained returns where in an EXPLAIN the statement begins that it explains.
func explained(tokens []token) (token, error) {
	rest := tokens[1:]
	for len(rest) > 0 && rest[0].is("analyze") {
		rest = rest[1:]
	}
	if len(rest) > 1 && rest[0].sign("(") && !slices.Contains(openings, rest[1].name()) && !rest[1].sign("(") { // (format json)
		end := slices.IndexFunc(rest, func(t token) bool { return t.sign(")") })
		rest = rest[end+1:]
	}
	if len(rest) == 0 || rest[0].is("explain") {
		return token{}, &RefusedError{"EXPLAIN needs a SELECT", onlySelect}
	}
	return rest[0], nil
}

// checkWords refuses words and functions that do more than read.
func (d *DB) checkWords(ctx context.Context, tokens []token) error {
	for i := 1; i < len(tokens); i++ {
		if writes(tokens[i-1], tokens[i], tokens[i+1:]) {
			return &RefusedError{fmt.Sprintf("%s is refused: this is read only", strings.ToUpper(tokens[i].text)), onlySelect}
		}
	}
	called := calls(tokens)
	known, err := d.known(ctx, called)
	if err != nil {
		return err
	}
	for _, name := range called {
		if reason := known[name].refused(name); reason != "" {
			return &RefusedError{fmt.Sprintf("the function %s is refused: %s", name, reason), onlySelect}
		}
	}
	return nil
}

// writes reports whether a statement that writes begins at t. It may be the body of a WITH, which DuckDB runs as it stands, and may
// have a WITH of its own before it: the parenthesis before t opens the one, or closes the other.
func writes(before, t token, after []token) bool {
	if t.kind != word || len(after) == 0 {
		return false
	}
	next := after[0]
	switch {
	case before.sign("(") && t.is("copy") && next.sign("("):
		return true
	case before.sign("("):
		return slices.Contains(writers, strings.ToLower(t.text)) && (next.kind == word || next.kind == quoted || next.kind == text)
	case !before.sign(")"):
		return false
	case t.is("insert"), t.is("merge"):
		return next.is("into") || next.is("or")
	case t.is("delete"):
		return next.is("from")
	case t.is("update"):
		return next.kind == quoted || next.kind == word && !reserved()[strings.ToLower(next.text)]
	}
	return false
}

// checkTypes prepares the statement.
func (d *DB) checkTypes(s *judged) error {
	return d.with(func(c mapping.Connection) error {
		var list mapping.ExtractedStatements
		n := mapping.ExtractStatements(c, s.sql, &list)
		defer mapping.DestroyExtracted(&list)
		switch {
		case n == 0:
			return newError(mapping.ExtractStatementsError(list))
		case n > 1:
			return errSeveral
		}
		var stmt mapping.PreparedStatement
		defer mapping.DestroyPrepare(&stmt)
		if mapping.PrepareExtractedStatement(c, list, 0, &stmt) == mapping.StateError {
			return newError(mapping.PrepareError(stmt))
		}
		return s.checkType(mapping.PreparedStatementType(stmt))
	})
}

// checkType refuses what DuckDB, having prepared it, calls otherwise than a reading statement. A PIVOT whose values are not listed is several
// statements in one: enums that hold them, which are temporary, and the SELECT.
func (s *judged) checkType(got mapping.StatementType) error {
	want := mapping.StatementTypeSelect
	if s.explained != nil {
		want = mapping.StatementTypeExplain
	}
	if got == want || got == mapping.StatementTypeMulti && slices.ContainsFunc(s.tokens, func(t token) bool { return t.is("pivot") || t.is("pivot_wider") }) {
		return nil
	}
	return &RefusedError{"the statement does more than read", onlySelect}
}

// Trim returns the one statement in sql without what follows it: semicolons and comments.
func Trim(sql string) (string, error) {
	tokens, err := oneStatement(sql)
	if err != nil {
		return "", err
	}
	return sql[tokens[0].at:tokens[len(tokens)-1].end], nil
}
