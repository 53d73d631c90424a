package duck

import (
	"context"
	"fmt"

	"github.com/tdlake/tdlake/frame"
)

// Register makes a frame a relation of the given name, in place of one it had before. The frame is read where it is,
// not copied. Its rows come in the frame's order.
func (d *DB) Register(name string, f *frame.Frame) error { return d.RegisterTable(name, TableOf(f)) }

// RegisterTable is Register for columns without a key.
func (d *DB) RegisterTable(name string, t Table) error {
	if err := t.check(); err != nil {
		return fmt.Errorf("relation %q: %w", name, err)
	}
	d.views.Lock()
	defer d.views.Unlock()
	id := d.frames.add(name, t)
	sql := fmt.Sprintf("create or replace view %s as select * from %s(%d)", Quote(name), scanFunction, id)
	if err := d.Exec(context.Background(), sql); err != nil {
		d.frames.drop(id)
		return fmt.Errorf("relation %q: %w", name, err)
	}
	d.frames.keep(name, id)
	return nil
}

// Unregister takes a relation away again. Queries that read it go on.
func (d *DB) Unregister(name string) error {
	d.views.Lock()
	defer d.views.Unlock()
	if !d.frames.forget(name) {
		return fmt.Errorf("no relation %q", name)
	}
	return d.Exec(context.Background(), "drop view if exists "+Quote(name))
}

// Lend makes a table's rows readable for trusted SQL without giving them a name: the text returned follows FROM, in this
// database, until the function returned is called. The database's catalog, which may be a file's, is left alone.
func (d *DB) Lend(t Table) (from string, back func(), err error) {
	if err := t.check(); err != nil {
		return "", nil, err
	}
	id := d.frames.add("", t)
	return fmt.Sprintf("%s(%d)", scanFunction, id), func() { d.frames.drop(id) }, nil
}
