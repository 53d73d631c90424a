// Package relation reads a node's rows from anything that DuckDB can select from. The packages files and duckdb say what
// a table's name stands for; everything else about a view is here.
//
// Rows are sorted by DuckDB, spilling to a temporary folder, and checked here: order, duplicates, missing keys. A view
// holds two databases: one of several threads for tables, where every row is exact whatever the order of work, and
// one of a single thread for the user's own queries, whose sums would otherwise differ in their last bits from run to run.
// A view that is [Over] a database which is open already is a transaction there instead.
package relation

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Catalog says what names stand for.
type Catalog interface {
	// Table returns what follows FROM for a table, of which its Name and its Process count, or an *database.Error of the kind
	// Missing or Data. identifier is the column that holds unique_identifier, or "": its text is wanted as it is stored.
	Table(ctx context.Context, db duck.Session, t graph.Table, identifier string) (Found, error)
	// Prepare makes the tables that a query may mention known under their names, and returns what there is to say of how they are read.
	Prepare(ctx context.Context, db duck.Session, query string) ([]string, error)
	// Check fails where what was read is no longer what it was when the view began.
	Check() error
}

// Found is what reads a table.
type Found struct {
	From    string            // what follows FROM
	Names   []string          // the columns' names, where From has others in their place, for those that differ in case alone
	Remarks map[string]Remark // by the column's name
}

// Remark is what there is to say of how a column is read.
type Remark struct {
	Where string // the file
	Note  string // a warning for whoever reads the column, or ""
	Lost  bool   // values are read as other than what is written
	Why   string // the value that makes it text, and its line
	Mixed bool   // some of its times have a zone and some have none
}

// View is one consistent view of a database: lake.View by shape. It is safe for concurrent use.
type View struct {
	address string
	catalog Catalog
	options duck.Options
	scratch func() error // removes what was spilled; nil: nothing

	tx *duck.Tx // of a view that is Over a database: all is read there

	mu       sync.Mutex
	dbs      [2]*duck.DB // for tables, for queries
	plans    map[string]*plan
	warnings warnings
}

// memoryLimit is what DuckDB may use for one of a view's databases, in bytes: sorts spill beyond it.
const memoryLimit = 160 << 20

// New begins a view. The options say what DuckDB opens and may reach.
func New(ctx context.Context, address string, catalog Catalog, o duck.Options) (*View, error) {
	scratch, done, err := duck.Scratch()
	if err != nil {
		return nil, fmt.Errorf("a folder to sort in: %w", err)
	}
	o.TempDir, o.MemoryLimit = scratch, memoryLimit
	v := &View{address: address, catalog: catalog, options: o, scratch: done, plans: map[string]*plan{}}
	if _, err := v.db(ctx, false); err != nil {
		return nil, errors.Join(err, v.Close())
	}
	return v, nil
}

// Over begins a view of a database that is open: one transaction, which ends with the view. Nothing may write by it.
func Over(address string, catalog Catalog, tx *duck.Tx) *View {
	return &View{address: address, catalog: catalog, tx: tx, plans: map[string]*plan{}}
}

// Close ends the view and removes what it spilled.
func (v *View) Close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.tx != nil {
		return v.tx.Close()
	}
	var errs []error
	for i, db := range v.dbs {
		if db != nil {
			errs = append(errs, db.Close())
			v.dbs[i] = nil
		}
	}
	return errors.Join(append(errs, v.scratch())...)
}

// Hold does nothing: nobody else can write a DuckDB file that is open, and a folder's files are checked when they were read.
func (v *View) Hold(context.Context, []graph.Table) error { return nil }

// Warnings returns what was lost or changed in reading, each said once.
func (v *View) Warnings() []string { return v.warnings.list() }

// db opens the database for tables or for queries when it is first needed.
func (v *View) db(ctx context.Context, queries bool) (duck.Session, error) {
	if v.tx != nil {
		return v.tx, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	which, threads := 0, min(runtime.GOMAXPROCS(0), 4)
	if queries {
		which, threads = 1, 1
	}
	if v.dbs[which] == nil {
		o := v.options
		o.Threads = threads
		db, err := duck.Open(ctx, o)
		if err != nil {
			return nil, err
		}
		v.dbs[which] = db
	}
	return v.dbs[which], nil
}

// Schema returns a node's columns, the key's first.
func (v *View) Schema(ctx context.Context, t graph.Table) (frame.Schema, error) {
	p, err := v.plan(ctx, t)
	if err != nil {
		return frame.Schema{}, err
	}
	return p.schema, nil
}

// plan returns how a node's rows are read, found out once.
func (v *View) plan(ctx context.Context, t graph.Table) (*plan, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	id := fmt.Sprintf("%q", []any{t.Name, t.Query, t.Rename, t.Identifiers, t.Key, t.Columns, t.Columns == nil, t.WideName, t.WideValue, t.Timezone, t.Process})
	v.mu.Lock()
	p, ok := v.plans[id]
	v.mu.Unlock()
	if ok {
		return p, nil
	}
	db, err := v.db(ctx, t.Query != "")
	if err != nil {
		return nil, err
	}
	p = &plan{view: v, db: db, table: t, label: Label(t)}
	if err := p.resolve(ctx); err != nil {
		return nil, p.fault(err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if other, ok := v.plans[id]; ok {
		return other, nil
	}
	v.plans[id] = p
	return p, nil
}

// Label names a table in messages, a query by its beginning.
func Label(t graph.Table) string {
	if t.Query == "" {
		return fmt.Sprintf("table %q", t.Name)
	}
	words := strings.Join(strings.Fields(t.Query), " ")
	if len(words) > 60 {
		words = strings.ToValidUTF8(words[:60], "") + "..."
	}
	return fmt.Sprintf("query %q", words)
}

// fault makes an error of this database of what came up while the plan was at work. What the database is not to blame for
// passes as it is.
func (p *plan) fault(err error) error {
	var (
		ours      *database.Error
		said      *duck.Error
		refused   *duck.RefusedError
		unfit     *duck.TypeError
		duplicate *frame.DuplicateError
	)
	switch {
	case errors.As(err, &ours), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &unfit):
		return p.data(unfit.Hint(), "column %q is of type %s, which a node cannot hold", unfit.Column, strings.ToLower(unfit.Type))
	case errors.As(err, &duplicate):
		cut := ""
		if len(p.columns) > 0 && strings.HasSuffix(p.columns[0].SQL, "_NS") {
			cut = " once times are cut to microseconds"
		}
		return p.data("leave all but one out with a query, or add to key the columns that tell them apart", "%s%s", duplicate, cut).Because(duplicate)
	case errors.As(err, &refused):
		return p.data(refused.Hint(), "%s", refused.Message).Because(refused)
	case errors.As(err, &said) && said.Kind != duck.Memory:
		if changed := p.view.catalog.Check(); changed != nil {
			return changed
		}
		if said.Kind == duck.IO && strings.Contains(said.Message, "Permission denied") {
			return database.NewError(database.Refused, p.view.address, "", "%s: %s", p.label, said).Because(said)
		}
		return p.data(p.advice(said), "%s", said).Because(said)
	}
	return fmt.Errorf("%s: %s: %w", p.view.address, p.label, err)
}

// advice says what to do about what DuckDB said of the rows.
func (p *plan) advice(said *duck.Error) string {
	if said.Kind == duck.Permission {
		return "files are read in the database's folder and below it; a path that does not begin with / is taken from the folder that tdlake runs in: write it in full"
	}
	return said.Hint()
}

// data is an error about the rows or columns of the plan's table.
func (p *plan) data(hint, format string, args ...any) *database.Error {
	return database.NewError(database.Data, p.view.address, hint, "%s: %s", p.label, fmt.Sprintf(format, args...))
}

func (p *plan) missing(hint, format string, args ...any) *database.Error {
	return database.NewError(database.Missing, p.view.address, hint, "%s: %s", p.label, fmt.Sprintf(format, args...))
}
