package duckdb

import (
	"context"
	"sync"
	"time"

	"github.com/tdlake/tdlake/database"
)

// claims is who may update what. They are kept in memory: whoever updates has the file to itself, and claims end with it.
type claims struct {
	mu   sync.Mutex
	last int64 // the last holder
	of   map[string]*claimed
}

// claimed is what is known of a process.
type claimed struct {
	token    int64
	holder   int64 // 0: nobody
	expires  time.Time
	failures int
	retry    time.Time // after a failure: not before
}

func newClaims() *claims { return &claims{of: map[string]*claimed{}} }

// Claim takes the first of some processes that nobody holds; nil: there is none. force takes those too that have failed and
// are not to be tried again yet.
func (c *claims) Claim(_ context.Context, holder int64, ids []string, lease time.Duration, force bool) (*database.Claim, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, id := range ids {
		p := c.of[id]
		if p == nil {
			p = &claimed{}
			c.of[id] = p
		}
		if p.holder != 0 && now.Before(p.expires) || now.Before(p.retry) && !force {
			continue
		}
		p.token++
		p.holder, p.expires = holder, now.Add(lease)
		return &database.Claim{ID: id, Token: p.token}, nil
	}
	return nil, nil
}

// mine calls f with what is known of a process, unless another has claimed it since; then it reports false.
func (c *claims) mine(claim database.Claim, f func(*claimed)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.of[claim.ID]
	if p == nil || p.token != claim.Token {
		return false
	}
	f(p)
	return true
}

// Release gives a claim back, where it is still held.
func (c *claims) Release(_ context.Context, claim database.Claim) error {
	c.mine(claim, func(p *claimed) { p.holder = 0 })
	return nil
}

// failed gives a claim back whose update has failed, and says until when nobody should try again: longer after each
// failure, up to an hour.
func (c *claims) failed(claim database.Claim) bool {
	return c.mine(claim, func(p *claimed) {
		wait := min(time.Hour, 2*time.Second<<min(p.failures, 20))
		p.holder, p.retry, p.failures = 0, time.Now().Add(wait), p.failures+1
	})
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
		if p := c.of[claim.ID]; p != nil && p.holder == holder && p.token == claim.Token {
			p.expires = time.Now().Add(lease)
			held = append(held, claim)
		}
	}
	return held, false, nil
}

// EndScheduler gives back what a holder holds.
func (c *claims) EndScheduler(_ context.Context, holder int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.of {
		if p.holder == holder {
			p.holder = 0
		}
	}
	return nil
}
