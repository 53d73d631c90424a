package cache

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func key(b byte) Key { return Key{b} }

func open(t *testing.T, bytes int64) *Cache[int] {
	c, err := New[int](bytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestMissesAreJoined(t *testing.T) {
	c := open(t, 1<<20)
	var calls atomic.Int32
	started, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			v, err := c.Do(context.Background(), key(1), func() (int, int64, error) {
				if calls.Add(1) == 1 {
					close(started)
				}
				<-release
				return 42, 8, nil
			})
			if v != 42 || err != nil {
				t.Errorf("got %d, %v", v, err)
			}
		})
	}
	<-started
	close(release)
	wg.Wait()
	if calls.Load() != 1 {
		t.Fatalf("computed %d times", calls.Load())
	}
	if v, ok := c.Get(key(1)); !ok || v != 42 {
		t.Fatalf("not in memory afterwards: %d, %v", v, ok)
	}
}

func TestWaiterTakesOverFromACancelledLeader(t *testing.T) {
	c := open(t, 1<<20)
	leading, cancelled := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := c.Do(context.Background(), key(1), func() (int, int64, error) {
			close(leading)
			<-cancelled
			return 0, 0, context.Canceled
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the leader got %v", err)
		}
	})
	<-leading
	wg.Go(func() {
		v, err := c.Do(context.Background(), key(1), func() (int, int64, error) { return 7, 8, nil })
		if v != 7 || err != nil {
			t.Errorf("the waiter got %d, %v", v, err)
		}
	})
	close(cancelled)
	wg.Wait()
}

func TestWaiterLeavesWhenItsContextEnds(t *testing.T) {
	c := open(t, 1<<20)
	ctx, cancel := context.WithCancel(context.Background())
	leading, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		c.Do(context.Background(), key(1), func() (int, int64, error) { close(leading); <-release; return 1, 8, nil })
	})
	<-leading
	cancel()
	if _, err := c.Do(ctx, key(1), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(release)
	wg.Wait()
}

func TestErrorsAreNotRemembered(t *testing.T) {
	c := open(t, 1<<20)
	boom := errors.New("boom")
	if _, err := c.Do(context.Background(), key(1), func() (int, int64, error) { return 0, 0, boom }); err != boom {
		t.Fatalf("got %v", err)
	}
	if v, err := c.Do(context.Background(), key(1), func() (int, int64, error) { return 3, 8, nil }); v != 3 || err != nil {
		t.Fatalf("got %d, %v", v, err)
	}
}

func TestBytesAreBounded(t *testing.T) {
	c := open(t, 1000)
	for i := range 100 {
		c.Put(key(byte(i)), i, 100)
	}
	n := 0
	for i := range 100 {
		if _, ok := c.Get(key(byte(i))); ok {
			n++
		}
	}
	if n > 10 {
		t.Fatalf("%d entries of 100 bytes in a cache of 1000", n)
	}
}

func TestKeptStays(t *testing.T) {
	c := open(t, 1000)
	c.Keep(key(0))
	c.Put(key(0), 11, 500)
	for i := 1; i < 100; i++ {
		c.Put(key(byte(i)), i, 100)
	}
	if v, ok := c.Get(key(0)); !ok || v != 11 {
		t.Fatalf("forgot what was to be kept: %d, %v", v, ok)
	}
}
