package schedule

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// View is one state of a database: the users' tables and tdlake's own. The packages of databases meet it.
type View interface {
	Hold(ctx context.Context, tables []graph.Table) error
	Schema(ctx context.Context, t graph.Table) (frame.Schema, error)
	Back(ctx context.Context, t graph.Table, before int64, n int) (at int64, short bool, err error)
	Rows(ctx context.Context, t graph.Table, from, to int64) iter.Seq2[*frame.Frame, error]
	Before(ctx context.Context, t graph.Table, at int64) (*frame.Frame, error)
	Own(ctx context.Context, t graph.Table, from, end int64, n int) ([]graph.Tail, error)
	Warnings() []string
	Close() error
}

// Store is tdlake's tables in a database. It is safe for concurrent use.
type Store interface {
	Begin(ctx context.Context) (View, error)
	Register(ctx context.Context, all []database.Process) error
	Progress(ctx context.Context, ids []string) (map[string]database.Progress, error)

	// Reads returns what processes have read of their inputs, as the last Write of each said: by process and input.
	Reads(ctx context.Context, ids []string) (map[string]map[string]json.RawMessage, error)

	// Marks returns what processes are stale by, by local_hash_id.
	Marks(ctx context.Context, ids []string) (map[string][]database.Mark, error)

	// Note adds marks to a claimed process and removes some, where there is nothing to write.
	Note(ctx context.Context, claim database.Claim, marks []database.Mark, mended []int64) error

	// Now is the database's clock, microseconds since the epoch.
	Now(ctx context.Context) (int64, error)

	// Source returns where a process's rows are, its own alone, for a view to read.
	Source(ctx context.Context, p database.Process, schema frame.Schema) (graph.Table, error)

	// Write makes an update visible as a whole. *database.LostClaimError and *database.DisagreementError say that nothing was
	// written.
	Write(ctx context.Context, b *database.Batch) error
}

// Claims is who may update what. Leases are by the database's clock.
type Claims interface {
	// Claim takes the first of some processes that nobody holds; nil: there is none. force takes those too that have failed and
	// are not to be tried again yet.
	Claim(ctx context.Context, holder int64, ids []string, lease time.Duration, force bool) (*database.Claim, error)
	Release(ctx context.Context, c database.Claim) error
	Failed(ctx context.Context, c database.Claim, run int64, cause error) error
}

// Heart keeps a holder of claims alive. It has a connection of its own: a long write must not hold it up.
type Heart interface {
	BeginScheduler(ctx context.Context, s database.Scheduler) (id int64, err error)

	// Heartbeat renews the claims given, and says which of them are still held and whether the holder is to stop.
	Heartbeat(ctx context.Context, holder int64, claims []database.Claim, lease time.Duration) (held []database.Claim, stop bool, err error)
	EndScheduler(ctx context.Context, id int64) error
}
