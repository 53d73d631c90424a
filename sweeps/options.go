package sweeps

import (
	"context"
	"fmt"
	"time"

	"github.com/tdlake/tdlake/graph"
)

// Options say how a sweep runs. None of them changes a result.
type Options struct {
	Jobs        int   // points evaluated at once; 1 where zero
	StoreTarget bool  // also store the target's rows of every point
	Legs        *Legs // what the engine keeps of the portfolios' sides; nil: nothing. The run writes them while it goes on
	// Plan is told of targets that Missing did not name before they are evaluated: of points whose stored values turned out to be of other types.
	Plan     func(ctx context.Context, targets []*graph.Node) error
	Progress func(Progress) // called from one goroutine, some ten times a second and at the end

	chunkPoints int           // points that make a chunk, where they are no whole row group
	chunkEvery  time.Duration // a chunk is committed at least this often, if there is anything new
	blockPoints int           // points that a worker takes at once
}

// How chunks and blocks are cut where tests don't say. A kill loses at most what was done since the last chunk.
const (
	defaultChunkPoints = 2 * groupRows
	defaultChunkEvery  = 2 * time.Second // longer than a row group takes where points are cheap
	defaultBlockPoints = 256
	sqlBlockPoints     = 16
	blockTime          = 250 * time.Millisecond // a worker hands over what it has at least this often
	chunkRows          = 1 << 21                // rows of targets that make a chunk where they are stored
)

// withDefaults fills in what is not said, for a run over so many points. With sql a block costs some two milliseconds whatever its size.
func (o Options) withDefaults(points int, sql bool) Options {
	o.Jobs = max(o.Jobs, 1)
	if o.chunkPoints == 0 {
		o.chunkPoints = defaultChunkPoints
	}
	if o.chunkEvery == 0 {
		o.chunkEvery = defaultChunkEvery
	}
	if o.blockPoints == 0 {
		// Some blocks a worker, so that none is left alone with a long last one.
		o.blockPoints = max(1, min(defaultBlockPoints, points/(4*o.Jobs)))
		if sql {
			o.blockPoints = max(o.blockPoints, sqlBlockPoints)
		}
	}
	return o
}

// Progress is how far a run is.
type Progress struct {
	Done   int           // points finished in this run, failed ones included
	Total  int           // points that this run set out to do
	Failed int           //
	Rate   float64       // points a second, over the whole run
	Left   time.Duration // what the rest takes at that rate; 0 where nothing is known
}

// Report is what a run did.
type Report struct {
	Points   int // in the space
	Computed int // evaluated in this run, for all or for metrics that were new
	Failed   int // in this run
}

// PartialError says that some points failed. All others are stored; the failed ones are tried again next time.
type PartialError struct {
	Failed int
	Points int    // in the space
	First  string // the first of them in canonical order: "in_window = 60, lasso_alpha = 0.1"
	Err    error  // what was wrong with it
	File   string // failed.jsonl, which lists all
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("%d of %d points failed, the first at %s: %v", e.Failed, e.Points, e.First, e.Err)
}

func (e *PartialError) Unwrap() error { return e.Err }

// Hint says where to look.
func (e *PartialError) Hint() string {
	others := ""
	if e.Failed < e.Points {
		others = "the others are stored, and "
	}
	return "see " + e.File + "; " + others + "the same command tries these again"
}
