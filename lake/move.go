package lake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tdlake/tdlake/graph"
)

// A date range remembers the address that its rows came from. Where a config names another one, the same rows may be there, moved or under another
// name, or others: AdoptSource looks.

// DifferentError says that what is at another address is not what is stored.
type DifferentError struct {
	Node   string
	Source string
	In     string
	What   []string
}

func (e *DifferentError) Error() string {
	return fmt.Sprintf("node %s: %s has other rows than are stored in %s:\n  %s", e.Node, e.Source, e.In, strings.Join(e.What, "\n  "))
}

// Hint says what to do.
func (e *DifferentError) Hint() string {
	return "`tdlake snapshot --refresh` takes a new snapshot from there; another datalake_name keeps both"
}

// UnreachedError says that what is stored could not be compared with what is at another address.
type UnreachedError struct {
	Node string // "" for all
	Err  error
}

func (e *UnreachedError) Error() string {
	if e.Node == "" {
		return fmt.Sprintf("what is stored cannot be compared: %v", e.Err)
	}
	return fmt.Sprintf("node %s: what is stored cannot be compared: %v", e.Node, e.Err)
}

func (e *UnreachedError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *UnreachedError) Hint() string {
	return "`tdlake adopt` where it can be reached compares; `tdlake adopt --unchecked` takes your word for it, and _snapshot.json says so"
}

// Adopted is what came of AdoptSource.
type Adopted struct {
	From, To  string
	Compared  []string // local_hash_ids
	Unreached []error  // each an *UnreachedError
}

// AdoptSource records that the date range's rows are those of src, after it has compared the last time and one other, chosen by a hash, of every
// table that is stored. tables are those of nodes whose manifests do not tell. Where rows differ it is a *DifferentError; what cannot be compared
// is an *UnreachedError, unless unchecked is set. It returns ErrNotStored where nothing is stored.
func (d *DateRange) AdoptSource(ctx context.Context, src Source, tables map[string]graph.Table, unchecked bool) (*Adopted, error) {
	lock, err := d.Lock(ctx)
	if err != nil {
		return nil, err
	}
	defer lock.Unlock()
	from, err := d.Source()
	if err == nil && from == "" {
		err = fmt.Errorf("%s: nothing is %w", d.dir, ErrNotStored)
	}
	if err != nil {
		return nil, err
	}
	a := &Adopted{From: from, To: src.Name()}
	stocks, err := d.tablesStored(tables)
	if err != nil {
		return nil, err
	}
	if err := a.compare(ctx, src, stocks); err != nil {
		return nil, err
	}
	if len(a.Unreached) > 0 && !unchecked {
		return nil, a.Unreached[0]
	}
	return a, d.writeSnapshotFile(ctx, snapshotFile{Format: FormatVersion, Source: src.Name(), Unchecked: len(a.Unreached) > 0})
}

// tablesStored lists what is stored of the database.
func (d *DateRange) tablesStored(tables map[string]graph.Table) ([]*stock, error) {
	ids, err := d.nodeFolders()
	if err != nil {
		return nil, err
	}
	var out []*stock
	for _, id := range ids {
		m, err := d.Manifest(id)
		if errors.Is(err, ErrNotStored) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if m.Origin != FromDatabase {
			continue
		}
		t, ok := tables[id]
		if !ok {
			t, _ = graph.SpecTable(m.Spec)
		}
		out = append(out, &stock{node: id, table: t, d: d, m: m})
	}
	return out, nil
}

func (a *Adopted) compare(ctx context.Context, src Source, stocks []*stock) (err error) {
	v, err := src.Begin(ctx)
	if err != nil {
		a.Unreached = append(a.Unreached, &UnreachedError{Err: err})
		return ctx.Err()
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	for _, s := range stocks {
		what, err := s.glance(ctx, v)
		var damage *DamageError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &damage):
			return err
		case err != nil:
			a.Unreached = append(a.Unreached, &UnreachedError{s.node, err})
		case len(what) > 0:
			if err := s.d.intact(ctx, s.m); err != nil {
				return err
			}
			return &DifferentError{Node: s.node, Source: src.Place(), In: s.d.dir, What: what}
		default:
			a.Compared = append(a.Compared, s.node)
		}
	}
	return nil
}

// glance compares the last time that is stored, and one other.
func (s *stock) glance(ctx context.Context, v View) ([]string, error) {
	if s.table.Name == "" && s.table.Query == "" {
		return nil, errors.New("nothing tells which table it was read from: give its config")
	}
	c := comparison{stock: s, view: v, span: Span{beginning, maxTime}}
	if err := c.scan(ctx); err != nil || len(c.of) == 0 {
		return nil, err
	}
	times := []int64{c.last}
	if any := slices.MinFunc(c.chosen, func(a, b int64) int { return cmp.Compare(mix(uint64(a)), mix(uint64(b))) }); any != c.last {
		times = append([]int64{any}, times...)
	}
	err := c.at(ctx, times)
	return c.found.lines, err
}
