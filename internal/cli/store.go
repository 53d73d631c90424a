package cli

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/postgres"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/schedule"
)

// tables is what the database modes need of a database that tdlake writes to.
type tables interface {
	schedule.Store
	schedule.Claims
	BeginRun(ctx context.Context, command, host string, pid int) (run int64, err error)
	EndRun(ctx context.Context, run int64) error
	SetView(ctx context.Context, name string, parts []database.ViewPart) error
	List(ctx context.Context) ([]database.TableInfo, error)
	Specs(ctx context.Context, kind string) (map[string]json.RawMessage, error)
	Drop(ctx context.Context, table string) error
	Pulse() pulse
	Close() error
}

// pulse keeps alive what is claimed, and waits for what others write.
type pulse interface {
	schedule.Heart
	schedule.Waiter
	Close() error
}

// pgTables are PostgreSQL's tables.
type pgTables struct{ *postgres.Tables }

// Begin opens a view of the database.
func (t pgTables) Begin(ctx context.Context) (schedule.View, error) {
	v, err := t.Tables.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Pulse has connections of its own: a long write must not hold it up.
func (t pgTables) Pulse() pulse {
	beside := t.Beside()
	return pgPulse{beside, beside.Listen()}
}

type pgPulse struct {
	*postgres.Tables
	listener *postgres.Listener
}

// Wait returns when somebody has written something.
func (p pgPulse) Wait(ctx context.Context, most time.Duration) { p.listener.Wait(ctx, most) }

// Close ends both connections.
func (p pgPulse) Close() error {
	p.listener.Close()
	return p.Tables.Close()
}

// keeper is the address of the database that keeps tables, which is asked for more than --offline allows.
func (p *project) keeper() (database.Address, error) {
	if p.offline {
		return database.Address{}, usagef("leave --offline away", "--offline: the database's own tables are in %s", p.databaseName())
	}
	return database.Parse(p.config.Database)
}

// server returns the config's PostgreSQL database.
func (p *project) server(ctx context.Context) (*postgres.Source, error) {
	address, err := p.keeper()
	if err != nil {
		return nil, err
	}
	if address.Scheme != database.Postgres {
		return nil, usagef("tdlake update keeps the tables of this config, in one process; schedulers need database: postgres://user@host/database",
			"schedulers share a PostgreSQL database, and the config's is %s", p.databaseName())
	}
	return postgres.Open(ctx, address)
}

// serverTables are tdlake's tables in the config's PostgreSQL database. Close them after use.
func (p *project) serverTables(ctx context.Context) (*postgres.Tables, error) {
	db, err := p.server(ctx)
	if err != nil {
		return nil, err
	}
	return db.Tables(), nil
}

// databaseWork is a tree of nodes and the tables they are kept in.
type databaseWork struct {
	*project
	tables  tables
	tree    *schedule.Tree
	options schedule.Options
	run     int64
	close   func() error
}

// computed resolves names of nodes that are no tables.
func (p *project) computed(names []string) (all []*graph.Node, err error) {
	for _, name := range names {
		nodes, err := p.nodes(name)
		if err != nil {
			return nil, err
		}
		if n := nodes[0]; n.Kind.Name == graph.KindTable {
			return nil, usagef("name a node that is computed", "%s is a table of the database: it is read, and never written", n.Name)
		}
		all = append(all, nodes...)
	}
	return all, nil
}

// databaseWork prepares what update and schedulers have in common. A command without a name is not put down. Close it after use.
func (p *project) databaseWork(ctx context.Context, t tables, command string, names []string, alone bool) (*databaseWork, error) {
	targets, err := p.computed(names)
	if err != nil {
		return nil, err
	}
	needs, err := p.needs(targets)
	if err != nil {
		return nil, err
	}
	run := int64(0)
	if command != "" {
		host, _ := os.Hostname() // for people to read
		if run, err = t.BeginRun(ctx, command, host, os.Getpid()); err != nil {
			return nil, err
		}
	}
	pool := p.newPool()
	w := &databaseWork{
		project: p, tables: t, run: run, tree: schedule.NewTree(targets, needs.cut, p.config.Start, alone),
		options: schedule.Options{Run: run, Jobs: p.threads(), Memory: p.budget().engine, Warn: once(p.warn), External: pool, Duty: p.pipeline.Duty},
	}
	w.close = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if run == 0 {
			return pool.Close()
		}
		return errors.Join(pool.Close(), t.EndRun(ctx, run))
	}
	return w, nil
}

// updater updates some nodes at once, which share the memory.
func (w *databaseWork) updater(jobs int) *schedule.Updater {
	o := w.options
	o.Memory /= int64(jobs)
	return schedule.NewUpdater(w.tables, w.tree, o)
}

// once says each thing once: every update has the same to say of a table.
func once(say func(string)) func(string) {
	var said sync.Map
	return func(text string) {
		if _, again := said.LoadOrStore(text, true); !again {
			say(text)
		}
	}
}

// every is how often a node is updated; 0: whenever there is something new.
func (w *databaseWork) every(n *graph.Node) time.Duration { return w.pipeline.Duty(n).UpdateEvery }

// view makes the readable views of the names that a node goes by.
func (w *databaseWork) view(ctx context.Context, n *graph.Node) error {
	for _, name := range w.pipeline.Names() {
		elements, err := w.pipeline.Elements(name, w.pipeline.Defaults())
		if err != nil || !slices.ContainsFunc(elements, func(e graph.Element) bool { return e.Node == n }) {
			continue // a name that resolves to nothing was reported when the config was read
		}
		parts := make([]database.ViewPart, len(elements))
		for i, e := range elements {
			parts[i].ID = e.Node.ID()
			for _, s := range e.Settings {
				parts[i].Settings = append(parts[i].Settings, database.ViewSetting(s))
			}
		}
		if err := w.tables.SetView(ctx, name, parts); err != nil {
			return err
		}
	}
	return nil
}

// tell prints what an update did, and warns of what has to be computed again.
func (w *databaseWork) tell(r schedule.Report) {
	w.say("%s", r)
	for _, text := range r.Warnings() {
		w.warn(text)
	}
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
