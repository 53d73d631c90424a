package cli

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/database/duckdb"
	"github.com/tdlake/tdlake/database/files"
	"github.com/tdlake/tdlake/database/postgres"
	"github.com/tdlake/tdlake/schedule"
)

// openTables returns the tables of the config's database: in a server, in the DuckDB file, or for a folder of files in a DuckDB
// file of the datalake's. Nothing is connected or made yet. Close them after use.
func (p *project) openTables(ctx context.Context) (tables, error) {
	address, err := p.keeper()
	if err != nil {
		return nil, err
	}
	switch address.Scheme {
	case database.Files:
		db, err := files.Open(ctx, address)
		if err != nil {
			return nil, err
		}
		return duckTables{duckdb.Beside(db, p.written(), p.tablesFile())}, nil
	case database.DuckDB:
		db, err := duckdb.Open(ctx, address)
		if err != nil {
			return nil, err
		}
		return duckTables{db.Tables()}, nil
	}
	db, err := postgres.Open(ctx, address)
	if err != nil {
		return nil, err
	}
	return pgTables{db.Tables()}, nil
}

// tablesFile is where the tables of a config are kept whose database is a folder of files: in the datalake's folder, beside its
// date ranges, since they are of no one range.
func (p *project) tablesFile() string {
	return filepath.Join(filepath.Dir(p.lake.Dir()), "_tables.duckdb")
}

// sayWhere says where tables are that the config does not name.
func (p *project) sayWhere() {
	if strings.HasPrefix(p.config.Database, string(database.Files)+":") {
		p.say("tables are kept in %s", p.tablesFile())
	}
}

// duckTables are tables in a DuckDB file, which one process has at a time.
type duckTables struct{ *duckdb.Tables }

// Begin opens a view of the file.
func (t duckTables) Begin(ctx context.Context) (schedule.View, error) {
	v, err := t.Tables.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Pulse needs nothing of its own: claims are in memory, and to wait is to give the file away.
func (t duckTables) Pulse() pulse { return duckPulse(t) }

type duckPulse struct{ *duckdb.Tables }

// Close does nothing: whoever has opened the tables closes them.
func (duckPulse) Close() error { return nil }
