package schedule

import (
	"context"
	"errors"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// Waiter waits for what others write to the tables, some time at most.
type Waiter interface {
	Wait(ctx context.Context, most time.Duration)
}

// Assigned tells which nodes were given to which scheduler, by local_hash_id.
type Assigned interface {
	Assignments(ctx context.Context) (map[string]string, error)
}

// Scheduler updates what is due of a tree, several nodes at once, beside any number of others.
type Scheduler struct {
	*Updater
	Claims   Claims
	Assigned Assigned
	Waiter   Waiter
	Holder   *Holder
	Who      database.Scheduler
	Jobs     int                          // nodes at once; 0 means 1. What they take of Who.Resources is never more than there is
	Duty     func(*graph.Node) graph.Duty // what the config says of a node
	Poll     time.Duration                // the longest wait for rows of users' tables, which tell nobody; a second at least
	Tell     func(Report)                 // of each node, from any goroutine
	Say      func(format string, args ...any)
	Idle     func() bool // asked when nothing is due: true ends Run. nil: go on
}

func (s *Scheduler) jobs() int { return max(s.Jobs, 1) }

// Run goes on until the context ends or somebody tells the scheduler to stop; what it is at is finished first. A node that
// fails is told of and left for later; a database that cannot be reached is waited for.
func (s *Scheduler) Run(ctx context.Context) error {
	news, deaf := s.listen(ctx)
	defer deaf()
	c := newCrew(s)
	defer c.finish(ctx)
	for !s.over(ctx) {
		begun, err := c.begin(ctx)
		if err == nil && !begun && len(c.at) == 0 && s.Idle != nil && s.Idle() {
			return nil
		}
		if err == nil {
			select {
			case <-ctx.Done():
			case <-s.Holder.Stopped():
			case <-news:
			case e := <-c.ended:
				err = c.settle(e)
			}
		}
		if err := s.bear(ctx, err); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// over reports whether the scheduler is to end.
func (s *Scheduler) over(ctx context.Context) bool {
	select {
	case <-ctx.Done():
	case <-s.Holder.Stopped():
	default:
		return false
	}
	return true
}

// listen tells when somebody has written something, and every Poll. What is written while nobody looks is told of once.
func (s *Scheduler) listen(ctx context.Context) (news <-chan struct{}, deaf func()) {
	ctx, cancel := context.WithCancel(ctx)
	told, ended := make(chan struct{}, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			s.Waiter.Wait(ctx, max(s.Poll, time.Second))
			select {
			case told <- struct{}{}:
			default:
			}
		}
	}()
	return told, func() {
		cancel()
		<-ended
	}
}

// bear tells of an error that may be gone when the same is tried again, and returns any other. Where the database is its
// cause, a second passes first.
func (s *Scheduler) bear(ctx context.Context, err error) error {
	var failed *UpdateError
	refused := database.IsKind(err, database.Unreachable) || database.IsKind(err, database.Refused)
	switch {
	case err == nil || ctx.Err() != nil:
		return nil
	case !errors.As(err, &failed) && !refused:
		return err
	}
	s.Say("%v", err)
	if refused {
		select {
		case <-ctx.Done():
		case <-s.Holder.Stopped():
		case <-time.After(time.Second):
		}
	}
	return nil
}
