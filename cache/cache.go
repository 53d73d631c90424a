package cache

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/dgraph-io/ristretto/v2"
)

// Key names a value: a hash of everything that decides it.
type Key [32]byte

// entry carries its whole key, since ristretto compares fingerprints only.
type entry[V any] struct {
	key   Key
	value V
}

// Cache holds values of one type. It is safe for concurrent use.
type Cache[V any] struct {
	store *ristretto.Cache[[]byte, entry[V]]

	mu      sync.Mutex
	flights map[Key]*flight[V]
	keep    map[Key]bool
	kept    map[Key]V
	stats   Stats
}

// Stats counts what happened since the cache was made.
type Stats struct {
	Hits   int64 // answered from memory
	Joined int64 // waited for another caller's computation
	Misses int64 // computed
}

type flight[V any] struct {
	done  chan struct{}
	value V
	err   error
}

// New returns a cache of at most maxBytes, which must be positive.
func New[V any](maxBytes int64) (*Cache[V], error) {
	if maxBytes <= 0 {
		return nil, fmt.Errorf("a cache of %d bytes", maxBytes)
	}
	store, err := ristretto.NewCache(&ristretto.Config[[]byte, entry[V]]{
		NumCounters: 1 << 17, // ten times the entries expected, as ristretto advises
		MaxCost:     maxBytes,
		BufferItems: 64,
	})
	if err != nil {
		return nil, err
	}
	return &Cache[V]{store: store, flights: map[Key]*flight[V]{}, keep: map[Key]bool{}, kept: map[Key]V{}}, nil
}

// Close ends the cache's goroutines. Nothing may be called after it.
func (c *Cache[V]) Close() { c.store.Close() }

// Keep marks a key whose value, once computed, is never forgotten.
func (c *Cache[V]) Keep(key Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep[key] = true
}

// Get returns a value that is in memory.
func (c *Cache[V]) Get(key Key) (V, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.get(key)
}

func (c *Cache[V]) get(key Key) (V, bool) {
	if v, ok := c.kept[key]; ok {
		return v, true
	}
	if e, ok := c.store.Get(key[:]); ok && e.key == key {
		return e.value, true
	}
	var none V
	return none, false
}

// Put offers a value that takes the given bytes. A value larger than the whole cache is not taken.
func (c *Cache[V]) Put(key Key, value V, bytes int64) {
	c.mu.Lock()
	if c.keep[key] {
		c.kept[key] = value
		c.store.UpdateMaxCost(max(1, c.store.MaxCost()-bytes))
		delete(c.keep, key)
		c.mu.Unlock()
		return
	}
	c.mu.Unlock()
	if c.store.Set(key[:], entry[V]{key, value}, max(1, bytes)) {
		c.store.Wait() // visible to the next Get, not some time later
	}
}

// Do returns the value of a key: from memory, from another caller that is computing it, or by calling compute, which says
// how many bytes the value takes. An error is returned to everyone who waited for it, and is not remembered.
func (c *Cache[V]) Do(ctx context.Context, key Key, compute func() (value V, bytes int64, err error)) (V, error) {
	for {
		c.mu.Lock()
		if v, ok := c.get(key); ok {
			c.stats.Hits++
			c.mu.Unlock()
			return v, nil
		}
		f, joined := c.flights[key]
		if !joined {
			f = &flight[V]{done: make(chan struct{})}
			c.flights[key] = f
			c.stats.Misses++
			c.mu.Unlock()
			return c.lead(key, f, compute)
		}
		c.stats.Joined++
		c.mu.Unlock()
		select {
		case <-ctx.Done():
			var none V
			return none, ctx.Err()
		case <-f.done:
		}
		if !isContext(f.err) || ctx.Err() != nil {
			return f.value, f.err
		}
		// The one who computed was cancelled and this caller was not: try again.
	}
}

// lead computes for everyone who waits.
func (c *Cache[V]) lead(key Key, f *flight[V], compute func() (V, int64, error)) (V, error) {
	f.err = errors.New("the computation panicked")
	defer func() {
		c.mu.Lock()
		delete(c.flights, key)
		c.mu.Unlock()
		close(f.done)
	}()
	value, bytes, err := compute()
	if err == nil && bytes >= 0 {
		c.Put(key, value, bytes)
	}
	f.value, f.err = value, err
	return value, err
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// Stats returns the counts so far.
func (c *Cache[V]) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

// HashOf returns the key of a list of strings; no two lists share one.
func HashOf(parts ...string) Key {
	buf := make([]byte, 0, 256)
	for _, p := range parts {
		buf = binary.LittleEndian.AppendUint64(buf, uint64(len(p)))
		buf = append(buf, p...)
	}
	return sha256.Sum256(buf)
}
