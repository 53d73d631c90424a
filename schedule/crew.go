package schedule

import (
	"context"
	"maps"
	"slices"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/graph"
)

// crew is the updates that a scheduler is at, side by side.
type crew struct {
	*Scheduler
	free  map[string]int64 // of the scheduler's resources: what none of them takes
	at    map[graph.Hash]bool
	ended chan ending // with room for all: none waits to say that it has ended
}

type ending struct {
	node *graph.Node
	err  error
}

func newCrew(s *Scheduler) *crew {
	c := &crew{Scheduler: s, free: maps.Clone(s.Who.Resources), at: map[graph.Hash]bool{}, ended: make(chan ending, s.jobs())}
	if c.free == nil {
		c.free = map[string]int64{}
	}
	return c
}

// begin claims nodes that are due, and that can be updated beside those that the crew is at, and starts on them. It reports
// whether there were any.
func (c *crew) begin(ctx context.Context) (begun bool, err error) {
	if len(c.at) == c.jobs() {
		return false, nil
	}
	due, err := c.candidates(ctx)
	for err == nil && len(c.at) < c.jobs() {
		var claim *database.Claim
		var n *graph.Node
		if claim, n, err = c.claim(ctx, due); n == nil {
			break
		}
		begun = true
		c.start(ctx, n, *claim)
	}
	return begun, err
}

// claim claims the first of some nodes that can be updated now; nil: there is none.
func (c *crew) claim(ctx context.Context, due []*graph.Node) (*database.Claim, *graph.Node, error) {
	byID := map[string]*graph.Node{}
	var ids []string
	for _, n := range due {
		if !c.at[n.Hash] && graph.Lacking(c.free, c.Duty(n).Resources) == "" {
			byID[n.ID()] = n
			ids = append(ids, n.ID())
		}
	}
	if len(ids) == 0 {
		return nil, nil, nil
	}
	claim, err := c.Claims.Claim(ctx, c.Holder.ID, ids, c.Holder.Lease, false)
	if err != nil || claim == nil {
		return nil, nil, err
	}
	return claim, byID[claim.ID], nil
}

// start updates a claimed node in a goroutine of its own.
func (c *crew) start(ctx context.Context, n *graph.Node, claim database.Claim) {
	c.at[n.Hash] = true
	for name, amount := range c.Duty(n).Resources {
		c.free[name] -= amount
	}
	go func() {
		report, err := update(ctx, c.Updater, c.Claims, c.Holder, n, claim)
		if err == nil {
			c.Tell(report)
		}
		c.ended <- ending{n, err}
	}()
}

// settle frees what an update took that has ended, and returns its error.
func (c *crew) settle(e ending) error {
	delete(c.at, e.node.Hash)
	for name, amount := range c.Duty(e.node).Resources {
		c.free[name] += amount
	}
	return e.err
}

// finish waits for all updates.
func (c *crew) finish(ctx context.Context) {
	for len(c.at) > 0 {
		if err := c.settle(<-c.ended); err != nil && ctx.Err() == nil {
			c.Say("%v", err)
		}
	}
}

// candidates are the nodes that are due and that the scheduler may and can update, inputs first.
func (c *crew) candidates(ctx context.Context) ([]*graph.Node, error) {
	assigned, err := c.Assigned.Assignments(ctx)
	if err != nil {
		return nil, err
	}
	var mine []*graph.Node
	for _, n := range c.tree.Nodes {
		owner := assigned[n.ID()]
		if owner == "" {
			owner = c.Duty(n).Scheduler
		}
		if (owner == "" || owner == c.Who.Name) && Unable(c.Who, n, c.Duty(n)) == "" {
			mine = append(mine, n)
		}
	}
	due, err := c.Due(ctx, mine)
	if err != nil {
		return nil, err
	}
	return c.timely(ctx, due)
}

// Unable says why a scheduler cannot update a node, as "it lacks gpus: 1"; "": it can.
func Unable(who database.Scheduler, n *graph.Node, d graph.Duty) string {
	if need := n.Environment(); need != "" && who.Environment != "" && need != who.Environment {
		return "it is of the environment " + who.Environment + ", not " + need
	}
	if lacks := graph.Lacking(who.Resources, d.Resources); lacks != "" {
		return "it lacks " + lacks
	}
	return ""
}

// timely leaves out nodes that were updated less than their period ago.
func (c *crew) timely(ctx context.Context, nodes []*graph.Node) ([]*graph.Node, error) {
	var ids []string
	for _, n := range nodes {
		if c.Duty(n).UpdateEvery > 0 {
			ids = append(ids, n.ID())
		}
	}
	if len(ids) == 0 {
		return nodes, nil
	}
	known, err := c.store.Progress(ctx, ids)
	return slices.DeleteFunc(nodes, func(n *graph.Node) bool {
		had, ok := known[n.ID()]
		return ok && had.Age < c.Duty(n).UpdateEvery.Microseconds()
	}), err
}
