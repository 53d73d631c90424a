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
