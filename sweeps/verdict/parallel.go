package verdict

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// forRanges shares out n items over the processors, in consecutive ranges.
func forRanges(n int, work func(from, to int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() { work(w*n/workers, (w+1)*n/workers) })
	}
	wg.Wait()
}

// forEach shares out n items of different sizes, one at a time.
func forEach(n int, work func(i int)) {
	var next atomic.Int64
	forRanges(min(runtime.GOMAXPROCS(0), n), func(int, int) {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			work(i)
		}
	})
}
