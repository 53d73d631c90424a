package sweeps

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tdlake/tdlake/frame"
)

// Run does what a plan says, and fills in its Results. Points that fail make it return a *PartialError, after all others
// are stored; a metric that doesn't fit the target makes it return config.Problems, before anything is. Where there is
// nothing to do it evaluates nothing and opens no database.
//
// The caller holds the lake's lock, and lets no other run use the plan. What another process stored since the plan was made
// is taken into account. When ctx is done, Run commits what is finished
// and returns ctx's error; the same command resumes.
func Run(ctx context.Context, p *Plan, e Engine, o Options) (*Report, error) {
	if err := p.refresh(); err != nil {
		return nil, err
	}
	r := &run{plan: p, engine: e, options: o, begin: time.Now(), failed: map[int]error{}, pending: map[uint64][]int{}, frames: map[int]*frame.Frame{},
		groups: p.newGroups()}
	if o.StoreTarget {
		r.places = p.places()
	}
	defer r.close()
	if err := sweepOut(p.Dir); err != nil {
		return nil, err
	}
	o.Legs.begin()
	todo := r.todo()
	r.options = o.withDefaults(todo.points, p.hasSQL())
	// A second round is needed only where the target's columns turned out to be others than those that stored values of SQL
	// metrics came from.
	for round := 0; todo.points > 0 && round < 2; round++ {
		if round > 0 && o.Plan != nil {
			if err := o.Plan(ctx, p.Missing(o)); err != nil {
				return nil, err
			}
		}
		if err := r.compute(ctx, todo); err != nil {
			return nil, err
		}
		todo = r.todo()
	}
	r.nameTypes()
	if err := r.finish(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, errors.Join(err, r.commit(context.WithoutCancel(ctx)))
		}
		return nil, err
	}
	s := &Report{Points: p.Points(), Computed: r.done - len(r.failed), Failed: len(r.failed)}
	if len(r.failed) == 0 {
		return s, nil
	}
	first := r.failures()[0]
	return s, &PartialError{
		Failed: len(r.failed), Points: p.Points(), First: p.Space.Text(first), Err: r.failed[first],
		File: filepath.Join(p.Dir, failedName),
	}
}

// nameTypes gives metrics their types, those without a value the one that they would have.
func (r *run) nameTypes() {
	for k, m := range r.plan.Metrics {
		for _, f := range r.fits {
			if t := f.metrics[k].Type; m.Type == 0 || t == frame.Float64 {
				m.Type = t
			}
		}
	}
	r.plan.Results.nameTypes()
}

// run is one call of Run. What mu guards is shared by the workers; the rest belongs to the goroutine that called Run.
type run struct {
	plan    *Plan
	engine  Engine
	options Options
	begin   time.Time

	mu    sync.Mutex
	fault error
	fits  []*fit      // of the targets so far
	sql   *sqlMetrics // nil where no metric is SQL

	relations atomic.Int64 // numbers the relations of SQL metrics

	failed    map[int]error
	done      int // points
	total     int
	pending   map[uint64][]int     // finished points that no chunk holds yet, by what was computed
	waiting   int                  // how many
	places    []targetPlace        // nil where the target's rows are not to be stored
	frames    map[int]*frame.Frame // the target's rows of pending points
	rows      int                  // in frames
	groups    groups
	committed time.Time
	reported  time.Time
}

func (r *run) close() {
	if r.sql == nil && r.plan.ahead != nil { // no point came so far
		r.sql, _ = r.plan.openSQL(context.Background())
	}
	if r.sql != nil && r.sql.db != nil {
		r.sql.close()
	}
}

// lacks returns what is to be done for a point: bits as of Results.lacks, and targetRows where rows are to be stored
// (places is nil where not) and aren't.
func (p *Plan) lacks(point int, places []targetPlace) uint64 {
	lacks := p.Results.lacks(point)
	if places != nil && places[point].file < 0 {
		lacks |= targetRows
	}
	return lacks
}

// work is the points that lack something, gathered by what they lack: a block's points need the same.
type work struct {
	sets   []uint64
	points int
	of     map[uint64][]int
}

func (r *run) todo() work {
	w := work{of: map[uint64][]int{}}
	for point := range r.plan.Points() {
		set := r.plan.lacks(point, r.places)
		if set == 0 || r.failed[point] != nil {
			continue
		}
		if w.of[set] == nil {
			w.sets = append(w.sets, set)
		}
		w.of[set] = append(w.of[set], point)
		w.points++
	}
	return w
}

// compute hands the points out to workers and gathers what they bring back.
func (r *run) compute(ctx context.Context, todo work) error {
	r.total = r.done + todo.points
	r.committed = time.Now()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	blocks := make(chan *block, r.ahead())
	workers, inner := errgroup.WithContext(ctx)
	queue := todo.queue(r.options.blockPoints)
	var next atomic.Int64
	for range r.options.Jobs {
		workers.Go(func() error {
			w := r.newWorker()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(queue) {
					return nil
				}
				if err := w.work(inner, queue[i], blocks); err != nil {
					return err
				}
			}
		})
	}
	ended := make(chan error, 1)
	go func() {
		ended <- workers.Wait()
		close(blocks)
	}()
	err := r.gather(ctx, blocks)
	if err != nil {
		stop()
		for b := range blocks {
			r.take(b)
		}
	}
	if worked := <-ended; err == nil {
		err = worked
	}
	if err != nil && r.problems() == nil {
		// What is finished is kept, whatever ended the run.
		if kept := r.commit(context.WithoutCancel(ctx)); kept != nil {
			return kept
		}
	}
	return err
}

// ahead is how many blocks wait to be gathered before workers do: enough to work on while a chunk is written, few where
// blocks carry the target's rows.
func (r *run) ahead() int {
	if r.options.StoreTarget {
		return r.options.Jobs
	}
	return 128 * r.options.Jobs
}

// piece is points of one set.
type piece struct {
	set    uint64
	points []int
}

func (w work) queue(size int) []piece {
	var out []piece
	for _, set := range w.sets {
		points := w.of[set]
		for len(points) > 0 {
			n := min(size, len(points))
			out = append(out, piece{set, points[:n]})
			points = points[n:]
		}
	}
	return out
}
