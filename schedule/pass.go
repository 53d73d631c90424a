package schedule

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// Pass updates all of a tree in one process.
type Pass struct {
	*Updater
	Claims Claims
	Holder *Holder
	Jobs   int                             // nodes at once; 1: strictly one after the other, and the first failure ends it
	Every  func(*graph.Node) time.Duration // how often a node is updated; 0: whenever there is something new
	Force  bool                            // whatever Every says
	Again  bool                            // not the first of a loop: what others hold or has failed lately is left alone, and nothing new is no news
	Tell   func(Report)                    // of each node, from any goroutine
	Say    func(format string, args ...any)
}

// FailedError says which updates failed where others went on.
type FailedError struct{ Failed []*UpdateError }

func (e *FailedError) Error() string {
	lines := []string{fmt.Sprintf("%d nodes could not be updated", len(e.Failed))}
	for _, f := range e.Failed {
		lines = append(lines, "  "+f.Error())
	}
	return strings.Join(lines, "\n")
}

// Run makes one pass. With one job the error is *UpdateError, with several *FailedError: what does not depend on a failed
// node is updated all the same.
func (p *Pass) Run(ctx context.Context) error {
	if p.Again && !p.options.Revise { // what has changed is only known when all is read
		if due, err := p.Due(ctx, p.tree.Nodes); err != nil || len(due) == 0 {
			return err
		}
	}
	if p.Jobs <= 1 {
		for _, n := range p.tree.Nodes {
			if err := p.one(ctx, n, func(wait func()) { wait() }); err != nil {
				return err
			}
		}
		return nil
	}
	return p.parallel(ctx)
}

// parallel runs each node when its inputs are done.
func (p *Pass) parallel(ctx context.Context) error {
	done := map[graph.Hash]chan struct{}{}
	failed := map[graph.Hash]bool{}
	for _, n := range p.tree.Nodes {
		done[n.Hash] = make(chan struct{})
	}
	var mu sync.Mutex
	var errs []*UpdateError
	slots := make(chan struct{}, p.Jobs)
	var g sync.WaitGroup
	for _, n := range p.tree.Nodes {
		g.Go(func() {
			defer close(done[n.Hash])
			for _, in := range inputsOf(n) {
				if c := done[in.Hash]; c != nil {
					<-c
				}
			}
			slots <- struct{}{}
			defer func() { <-slots }()
			mu.Lock()
			skip := ctx.Err() != nil
			for _, in := range inputsOf(n) {
				skip = skip || failed[in.Hash]
			}
			failed[n.Hash] = skip
			mu.Unlock()
			if skip {
				return
			}
			without := func(wait func()) {
				<-slots
				wait()
				slots <- struct{}{}
			}
			if err := p.one(ctx, n, without); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failed[n.Hash] = true
				var u *UpdateError
				if !errors.As(err, &u) {
					u = &UpdateError{n.Name, n.ID(), err}
				}
				errs = append(errs, u)
			}
		})
	}
	g.Wait()
	for _, err := range errs {
		if database.IsKind(err, database.Unreachable) {
			return err // no node's fault
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case len(errs) == 1:
		return errs[0]
	case len(errs) > 1:
		return &FailedError{errs}
	}
	return nil
}

// one claims a node and updates it, unless its time has not come. without calls what waits for others, so that nobody waits for it.
func (p *Pass) one(ctx context.Context, n *graph.Node, without func(wait func())) error {
	if early, err := p.early(ctx, n); err != nil || early {
		if early && !p.Again {
			p.Say("%s: updated less than %s ago; --force updates it before that is over", n.Name, short(p.Every(n)))
		}
		return err
	}
	claim, err := p.claim(ctx, n, without)
	if err != nil || claim == nil {
		return err
	}
	report, err := update(ctx, p.Updater, p.Claims, p.Holder, n, *claim)
	if err == nil && !(p.Again && report.State == Current) {
		p.Tell(report)
	}
	return err
}

// short writes a period without the zeros that follow its hours.
func short(d time.Duration) string {
	return strings.TrimSuffix(strings.TrimSuffix(d.String(), "0s"), "0m")
}

// early reports whether a node was updated less than its period ago.
func (p *Pass) early(ctx context.Context, n *graph.Node) (bool, error) {
	if p.Every == nil || p.Force || p.Every(n) == 0 {
		return false, nil
	}
	known, err := p.store.Progress(ctx, []string{n.ID()})
	if err != nil {
		return false, err
	}
	had, ok := known[n.ID()]
	return ok && had.Age < p.Every(n).Microseconds(), nil
}

// claim waits until nobody else updates the node; nil: it is left alone.
func (p *Pass) claim(ctx context.Context, n *graph.Node, without func(wait func())) (*database.Claim, error) {
	for said := false; ; said = true {
		c, err := p.Claims.Claim(ctx, p.Holder.ID, []string{n.ID()}, p.Holder.Lease, !p.Again)
		if err != nil || c != nil || p.Again {
			return c, err
		}
		if !said {
			p.Say("%s %s: another process is updating it; waiting", n.Name, n.ID())
		}
		without(func() {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		})
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// update brings a claimed node up to date and gives the claim back, whatever happens.
func update(ctx context.Context, u *Updater, claims Claims, h *Holder, n *graph.Node, claim database.Claim) (Report, error) {
	guarded, release := h.guard(ctx, claim)
	defer release()
	report, err := u.Update(guarded, n, claim)
	if cause := context.Cause(guarded); err != nil && cause != nil && ctx.Err() == nil {
		err = cause
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err == nil {
		return report, claims.Release(after, claim)
	}
	var lost *database.LostClaimError
	switch {
	case ctx.Err() != nil:
		claims.Release(after, claim) // should it fail, the lease ends it
		return report, ctx.Err()
	case database.IsKind(err, database.Unreachable):
		claims.Release(after, claim) // likewise; the node has done nothing wrong, and is to be tried again at once
	case !errors.As(err, &lost):
		claims.Failed(after, claim, u.options.Run, err) // likewise
	}
	return report, &UpdateError{n.Name, n.ID(), err}
}
