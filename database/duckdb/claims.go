package duckdb

import (
	"context"
	"sync"
	"time"

	"github.com/tdlake/tdlake/database"
)

// claims is who may update what. They are kept in memory: whoever updates has the file to itself, and claims end with it.
type claims struct {
	mu     sync.Mutex
	last   int64 // the last holder
	tokens map[string]int64
	held   map[string]hold // by local_hash_id
}

// hold is a claim that somebody has.
type hold struct {
	holder  int64
	expires time.Time
}

func newClaims() *claims { return &claims{tokens: map[string]int64{}, held: map[string]hold{}} }

// Claim takes the first of some processes that nobody holds; nil: there is none. A process that has failed may be tried
// again at once.
func (c *claims) Claim(_ context.Context, holder int64, ids []string, lease time.Duration, _ bool) (*database.Claim, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, id := range ids {
		if h, ok := c.held[id]; ok && now.Before(h.expires) {
			continue
		}
		c.tokens[id]++
		c.held[id] = hold{holder, now.Add(lease)}
		return &database.Claim{ID: id, Token: c.tokens[id]}, nil
	}
	return nil, nil
}

// latest reports whether nobody has claimed the process since.
func (c *claims) latest(claim database.Claim) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return claim.Token == c.tokens[claim.ID]
}

// give gives a claim back, and reports whether it was held.
func (c *claims) give(claim database.Claim) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, held := c.held[claim.ID]
	if held = held && claim.Token == c.tokens[claim.ID]; held {
		delete(c.held, claim.ID)
	}
	return held
}

// Release gives a claim back, where it is still held.
func (c *claims) Release(_ context.Context, claim database.Claim) error {
	c.give(claim)
	return nil
}

// BeginScheduler gives a holder of claims its number.
func (c *claims) BeginScheduler(context.Context, database.Scheduler) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	return c.last, nil
}

// Heartbeat renews the claims given, and says which are still held. Nobody tells the holder to stop.
func (c *claims) Heartbeat(_ context.Context, holder int64, all []database.Claim, lease time.Duration) (held []database.Claim, stop bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, claim := range all {
		if h, ok := c.held[claim.ID]; ok && h.holder == holder && claim.Token == c.tokens[claim.ID] {
			c.held[claim.ID] = hold{holder, time.Now().Add(lease)}
			held = append(held, claim)
		}
	}
	return held, false, nil
}

// EndScheduler gives back what a holder holds.
func (c *claims) EndScheduler(_ context.Context, holder int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, h := range c.held {
		if h.holder == holder {
			delete(c.held, id)
		}
	}
	return nil
}
