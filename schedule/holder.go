package schedule

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tdlake/tdlake/compute"
	"github.com/tdlake/tdlake/database"
)

// Holder is who holds claims: its heartbeats renew them. Close it after use.
type Holder struct {
	ID    int64
	Lease time.Duration

	heart   Heart
	cancel  context.CancelFunc
	ended   chan struct{}
	stopped chan struct{} // closed when told to stop

	mu     sync.Mutex
	guards map[database.Claim]context.CancelCauseFunc
}

// Hold makes a holder known and starts its heart.
func Hold(ctx context.Context, heart Heart, who database.Scheduler, lease time.Duration) (*Holder, error) {
	id, err := heart.BeginScheduler(ctx, who)
	if err != nil {
		return nil, err
	}
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h := &Holder{
		ID: id, Lease: lease, heart: heart, cancel: cancel, ended: make(chan struct{}), stopped: make(chan struct{}),
		guards: map[database.Claim]context.CancelCauseFunc{},
	}
	go h.beat(inner)
	return h, nil
}

// Stopped is closed when somebody has told the holder to stop.
func (h *Holder) Stopped() <-chan struct{} { return h.stopped }

// Close gives back what is held.
func (h *Holder) Close() error {
	h.cancel()
	<-h.ended
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return h.heart.EndScheduler(ctx, h.ID)
}

// guard returns a context that ends when a claim is lost.
func (h *Holder) guard(ctx context.Context, c database.Claim) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.guards[c] = cancel
	return ctx, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.guards, c)
		cancel(nil)
	}
}

// beat renews claims three times a lease. A beat that fails is followed by the next: what is lost by then is found out when
// it is written.
func (h *Holder) beat(ctx context.Context) {
	defer close(h.ended)
	ticker := time.NewTicker(h.Lease / 3)
	defer ticker.Stop()
	told := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		before := h.guarded()
		held, stop, err := h.heart.Heartbeat(ctx, h.ID, before, h.Lease)
		if err != nil {
			continue
		}
		if stop && !told {
			told = true
			close(h.stopped)
		}
		h.drop(before, held)
	}
}

func (h *Holder) guarded() []database.Claim {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []database.Claim
	for c := range h.guards {
		all = append(all, c)
	}
	return all
}

// drop ends the work on claims that were guarded before a beat and are not held any more.
func (h *Holder) drop(before, held []database.Claim) {
	kept := map[database.Claim]bool{}
	for _, c := range held {
		kept[c] = true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range before {
		if cancel := h.guards[c]; cancel != nil && !kept[c] {
			cancel(&database.LostClaimError{ID: c.ID})
		}
	}
}

// UpdateError names the node whose update failed.
type UpdateError struct {
	Name, ID string
	Err      error
}

func (e *UpdateError) Error() string {
	if node := (*compute.NodeError)(nil); errors.As(e.Err, &node) && node.Node.ID() == e.ID {
		return e.Err.Error() // which names it
	}
	return fmt.Sprintf("%s (%s): %v", e.Name, e.ID, e.Err)
}

// Unwrap returns the cause.
func (e *UpdateError) Unwrap() error { return e.Err }

// Hint is the cause's.
func (e *UpdateError) Hint() string {
	var hinted interface{ Hint() string }
	if errors.As(e.Err, &hinted) {
		return hinted.Hint()
	}
	return ""
}
