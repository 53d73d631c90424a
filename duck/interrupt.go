package duck

import (
	"context"
	"time"

	"github.com/duckdb/duckdb-go/v2/mapping"
)

// interruptOn stops what runs on a connection once ctx is done; the function returned ends the watch and must be called
// before the connection is used for anything else. DuckDB forgets an interrupt that comes before a statement
// begins, so it is repeated until the watch ends.
func interruptOn(ctx context.Context, c mapping.Connection) (stop func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	ended, gone := make(chan struct{}), make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(gone)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			mapping.Interrupt(c)
			select {
			case <-ended:
				return
			case <-tick.C:
			}
		}
	})
	return func() {
		close(ended)
		if !unwatch() {
			<-gone
		}
	}
}
