package relation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// plan is how the rows of one node are read.
type plan struct {
	view    *View
	db      duck.Session
	table   graph.Table
	label   string
	from    string // what follows FROM
	found   Found  // of a table
	columns []column
	schema  frame.Schema // of columns, in the same order
	only    string       // the condition on identifiers, or ""

	naiveSaid bool // times without a zone were met

	mu      sync.Mutex
	lacking []int64 // rows without a value of each column of the key, in all; nil: not counted yet
	times   walk
}

// column is a column of a node.
type column struct {
	duck.Column        // its Name is the node's
	stored      string // its name in the database
	alias       string // the name it is read by where DuckDB takes that for another's, or ""
}

// sql is the column as an expression: text by its bytes, whatever collation a table gives it. JSON and enums are text of another kind.
func (c column) sql() string {
	if c.Type == frame.String {
		return "cast(" + c.ref() + ` as varchar) collate "binary"`
	}
	return c.ref()
}

// ref is the column as p.from has it.
func (c column) ref() string {
	if c.alias != "" {
		return c.alias
	}
	return duck.Quote(c.stored)
}

// resolve finds the table, its columns and the plan's condition.
func (p *plan) resolve(ctx context.Context) error {
	if err := p.source(ctx); err != nil {
		return err
	}
	all, err := p.db.Columns(ctx, "select * from "+p.from)
	if err != nil {
		return err
	}
	aliases := p.tellApart(all)
	named, err := p.rename(all)
	if err != nil {
		return err
	}
	for i, alias := range aliases {
		named[i].alias = alias
	}
	if err := p.zone(named); err != nil {
		return err
	}
	if named, err = p.lengthen(named); err != nil {
		return err
	}
	if err := p.choose(named); err != nil {
		return err
	}
	for _, c := range p.columns {
		if r := p.found.Remarks[c.stored]; r.Note != "" {
			p.view.warnings.say(p.label, r.Warning(c.stored))
		}
	}
	if len(p.table.Identifiers) == 0 {
		return nil
	}
	i := slices.IndexFunc(named, func(c column) bool { return c.Name == frame.UniqueIdentifier })
	if i < 0 {
		return p.missing(among(frame.UniqueIdentifier, named), "there is no column %q to choose identifiers by", frame.UniqueIdentifier)
	}
	p.only = named[i].sql() + " in (" + literals(p.table.Identifiers) + ")"
	return nil
}

// tellApart gives columns whose names differ in case alone names of their own: by those that they have, DuckDB would read the first of them for all.
func (p *plan) tellApart(all []duck.Column) []string {
	seen := map[string]bool{}
	aliases, same := make([]string, len(all)), false
	if p.found.Names != nil {
		for i, name := range p.found.Names {
			aliases[i], all[i].Name = duck.Quote(all[i].Name), name
		}
		return aliases
	}
	for i, c := range all {
		low := strings.ToLower(c.Name)
		same = same || seen[low]
		seen[low] = true
		aliases[i] = fmt.Sprintf("c%d", i)
	}
	if !same {
		return nil
	}
	p.from = fmt.Sprintf("(select * from %s) as apart(%s)", p.from, strings.Join(aliases, ", "))
	return aliases
}

// source sets from.
func (p *plan) source(ctx context.Context) (err error) {
	if p.table.Query == "" {
		identifier := frame.UniqueIdentifier
		for stored, name := range p.table.Rename {
			if name == frame.UniqueIdentifier {
				identifier = stored
			}
		}
		p.found, err = p.view.catalog.Table(ctx, p.db, p.table, identifier)
		p.from = p.found.From
		return err
	}
	query, err := duck.Trim(p.table.Query)
	if err != nil {
		return err
	}
	notes, err := p.view.catalog.Prepare(ctx, p.db, query)
	if err != nil {
		return err
	}
	for _, note := range notes {
		p.view.warnings.say(p.label, note)
	}
	if err := p.db.Check(ctx, query); err != nil {
		return err
	}
	p.from = "(" + query + "\n) as query"
	return nil
}

// rename gives the database's columns the node's names.
func (p *plan) rename(all []duck.Column) ([]column, error) {
	stored := make([]string, len(all))
	for i, c := range all {
		stored[i] = c.Name
	}
	for _, name := range slices.Sorted(maps.Keys(p.table.Rename)) {
		if !slices.Contains(stored, name) {
			return nil, p.missing(database.Among("column", name, stored), "there is no column %q to rename", name)
		}
	}
	out := make([]column, len(all))
	seen := map[string]bool{}
	for i, c := range all {
		out[i] = column{Column: c, stored: c.Name}
		if to, ok := p.table.Rename[c.Name]; ok {
			out[i].Name = to
		}
		if seen[out[i].Name] {
			return nil, p.data("rename one of them to another name", "two columns are named %q", out[i].Name)
		}
		seen[out[i].Name] = true
	}
	return out, nil
}

// choose takes the key's columns and the value columns, and checks their types.
func (p *plan) choose(named []column) error {
	find := func(name, what string) (column, error) {
		i := slices.IndexFunc(named, func(c column) bool { return c.Name == name })
		if i < 0 {
			return column{}, p.missing(among(name, named), "there is no column %q%s", name, what)
		}
		return named[i], nil
	}
	for _, k := range p.table.Key {
		c, err := find(k, ", which is in the key")
		if err != nil {
			return err
		}
		p.columns = append(p.columns, c)
	}
	names := p.table.Columns
	if names == nil {
		for _, c := range named {
			names = append(names, c.Name)
		}
	}
	for _, name := range names {
		if slices.ContainsFunc(p.columns, func(c column) bool { return c.Name == name }) {
			continue
		}
		c, err := find(name, "")
		if err != nil {
			return err
		}
		p.columns = append(p.columns, c)
	}
	return p.types()
}

func among(name string, columns []column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	hint := database.Among("column", name, names)
	if name == frame.TimeIndex || name == frame.UniqueIdentifier {
		hint += fmt.Sprintf("; rename: {COLUMN: %s} gives a column this name", name)
	}
	return hint
}

func literals(texts []string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = duck.Literal(t)
	}
	return strings.Join(out, ", ")
}
