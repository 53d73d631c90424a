package sweeps

import (
	"context"
	"errors"
	"testing"

	"github.com/tdlake/tdlake/graph"
)

// TestWhatIsOpenedAheadIsClosed also where no point came far enough to need it.
func TestWhatIsOpenedAheadIsClosed(t *testing.T) {
	const sweep = "sweep: {vary: {alpha: [1, 2]}, metrics: {last: 'max(portfolio)'}}\n"
	for name, e := range map[string]*fake{"used": {}, "not used": {fails: func(*graph.Node) error { return errBroken }}} {
		p := newWorld(t).plan(sweep)
		p.Ahead()
		open := p.ahead
		_, err := Run(context.Background(), p, e, Options{})
		var partial *PartialError
		if err != nil && !errors.As(err, &partial) {
			t.Fatal(err)
		}
		db, err := open()
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Exec(context.Background(), "select 1"); err == nil {
			t.Errorf("%s: DuckDB is still open", name)
		}
	}
}
