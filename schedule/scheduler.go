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

// Scheduler updates what is due of a tree, one node at a time, beside any number of others.
type Scheduler struct {
	*Updater
	Claims   Claims
	Assigned Assigned
	Waiter   Waiter
	Holder   *Holder
	Who      database.Scheduler
	Own      func(*graph.Node) string        // the scheduler that the config names for a node; "": any
	Every    func(*graph.Node) time.Duration // how often a node is updated; 0: whenever there is something new
	Poll     time.Duration                   // the longest wait for rows of users' tables, which tell nobody; a second at least
	Tell     func(Report)
	Say      func(format string, args ...any)
	Idle     func() bool // asked when nothing is due: true ends Run. nil: go on
}

// Run goes on until the context ends or somebody tells the scheduler to stop; what it is at is finished first. A node that
// fails is told of and left for later; a database that cannot be reached is waited for.
func (s *Scheduler) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.Holder.Stopped():
			return nil
		default:
		}
		worked, err := s.step(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !passing(err):
			return err
		case err != nil:
			s.Say("%v", err)
		case worked:
			continue
		case s.Idle != nil && s.Idle():
			return nil
		}
		s.wait(ctx)
	}
}

// passing reports whether an error may be gone when the same is tried again.
func passing(err error) bool {
	var update *UpdateError
	return errors.As(err, &update) || database.IsKind(err, database.Unreachable) || database.IsKind(err, database.Refused)
}

// wait ends when somebody writes, after Poll at the latest, or when told to stop.
func (s *Scheduler) wait(ctx context.Context) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.Holder.Stopped():
			cancel()
		case <-inner.Done():
		}
	}()
	s.Waiter.Wait(inner, max(s.Poll, time.Second))
}

// step updates one node that is due, and reports whether there was one.
func (s *Scheduler) step(ctx context.Context) (bool, error) {
	nodes, err := s.candidates(ctx)
	if err != nil || len(nodes) == 0 {
		return false, err
	}
	ids := make([]string, len(nodes))
	for i, n := range nodes {
		ids[i] = n.ID()
	}
	claim, err := s.Claims.Claim(ctx, s.Holder.ID, ids, s.Holder.Lease, false)
	if err != nil || claim == nil {
		return false, err
	}
	for _, n := range nodes {
		if n.ID() != claim.ID {
			continue
		}
		report, err := update(ctx, s.Updater, s.Claims, s.Holder, n, *claim)
		if err == nil {
			s.Tell(report)
		}
		return true, err
	}
	return false, nil
}

// candidates are the nodes that are due and that this scheduler may and can update, inputs first.
func (s *Scheduler) candidates(ctx context.Context) ([]*graph.Node, error) {
	assigned, err := s.Assigned.Assignments(ctx)
	if err != nil {
		return nil, err
	}
	var mine []*graph.Node
	for _, n := range s.tree.Nodes {
		owner := assigned[n.ID()]
		if owner == "" {
			owner = s.Own(n)
		}
		if (owner == "" || owner == s.Who.Name) && s.able(n) {
			mine = append(mine, n)
		}
	}
	due, err := s.Due(ctx, mine)
	if err != nil || s.Every == nil {
		return due, err
	}
	return s.timely(ctx, due)
}

// able reports whether the scheduler has the environment that a node needs.
func (s *Scheduler) able(n *graph.Node) bool {
	need := n.Environment()
	return need == "" || s.Who.Environment == "" || need == s.Who.Environment
}

// timely leaves out nodes that were updated less than their period ago.
func (s *Scheduler) timely(ctx context.Context, nodes []*graph.Node) (due []*graph.Node, err error) {
	var ids []string
	for _, n := range nodes {
		ids = append(ids, n.ID())
	}
	known, err := s.store.Progress(ctx, ids)
	for _, n := range nodes {
		if had, ok := known[n.ID()]; !ok || had.Age >= s.Every(n).Microseconds() {
			due = append(due, n)
		}
	}
	return due, err
}
