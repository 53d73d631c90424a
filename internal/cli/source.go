package cli

import (
	"context"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/duckdb"
	"github.com/tdlake/tdlake/database/files"
	"github.com/tdlake/tdlake/database/postgres"
	"github.com/tdlake/tdlake/lake"
)

// source returns the config's database. Nothing is connected before a view is opened.
func (p *project) source(ctx context.Context) (lake.Source, error) {
	address, err := database.Parse(p.config.Database)
	if err != nil {
		return nil, err
	}
	db, err := p.openDatabase(ctx, address)
	if err != nil {
		return nil, err
	}
	written := addressed{db, p.written()}
	if p.offline {
		return offlineSource{written}, nil
	}
	return written, nil
}

// written is the database's address as the config writes it, without secrets.
func (p *project) written() string { return database.Redact(p.config.Address) }

// addressed is a database under the address that the config gives it.
type addressed struct {
	opened
	written string
}

// Name implements lake.Source.
func (s addressed) Name() string { return s.written }

// opened is a database that is found.
type opened interface {
	Place() string
	Begin(ctx context.Context) (lake.View, error)
}

// openDatabase picks the package of an address's scheme.
func (p *project) openDatabase(ctx context.Context, a database.Address) (opened, error) {
	switch a.Scheme {
	case database.Files:
		db, err := files.Open(ctx, a)
		if err != nil {
			return nil, err
		}
		return source[*duckdb.TablesView]{duckdb.Reading(db, p.written(), p.tablesFile())}, nil
	case database.DuckDB:
		db, err := duckdb.Open(ctx, a)
		return source[*duckdb.View]{db}, err
	default:
		db, err := postgres.Open(ctx, a)
		return source[*postgres.View]{db}, err
	}
}

// source lets a lake read a database. Databases do not know the lake: their methods are the same, only what Begin returns is a type of
// their own.
type source[V lake.View] struct {
	database interface {
		Name() string
		Begin(ctx context.Context) (V, error)
	}
}

// Place returns where the database is, without secrets.
func (s source[V]) Place() string { return s.database.Name() }

// Begin opens a view of the database.
func (s source[V]) Begin(ctx context.Context) (lake.View, error) {
	v, err := s.database.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// offlineSource is a database that is not to be asked.
type offlineSource struct{ lake.Source }

// Begin refuses: what is stored does not answer.
func (s offlineSource) Begin(context.Context) (lake.View, error) {
	return nil, usagef(offlineHint, "--offline: the lake lacks rows that have to come from %s", s.Place())
}

const offlineHint = "leave --offline away, or run `tdlake snapshot` where the database can be reached"
