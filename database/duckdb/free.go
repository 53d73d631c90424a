package duckdb

import (
	"context"
	"time"

	"github.com/tdlake/tdlake/database"
)

// patience is how long opening waits for another process to be done with a file: one that reads a table has it for a moment.
const patience = 2 * time.Second

// whenFree opens a file that is there, waiting a little where another process has it.
func whenFree[T any](ctx context.Context, open func() (T, error)) (T, error) {
	for until := time.Now().Add(patience); ; {
		opened, err := open()
		if !database.IsKind(err, database.Unreachable) || time.Now().After(until) {
			return opened, err
		}
		select {
		case <-ctx.Done():
			return opened, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
