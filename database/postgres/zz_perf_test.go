package postgres

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestZZPerf(t *testing.T) {
	list := os.Getenv("PERF")
	if list == "" {
		t.SkipNow()
	}
	for _, name := range strings.Split(list, ",") {
		for range 2 {
			st := time.Now()
			exec.Command("sh", "-c", "psql -h /tmp/pgb -p 54999 -U tdlake -d b -c 'copy (select * from "+name+") to stdout (format binary)' > /dev/null").Run()
			psql := time.Since(st)
			var ru0, ru1 syscall.Rusage
			syscall.Getrusage(0, &ru0)
			st = time.Now()
			v, err := open(t, "postgres://tdlake@/b?host=/tmp/pgb&port=54999").Begin(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for f, err := range v.Rows(context.Background(), table(name), math.MinInt64, math.MaxInt64) {
				if err != nil {
					t.Fatal(err)
				}
				n += f.Rows()
			}
			v.Close()
			us := time.Since(st)
			syscall.Getrusage(0, &ru1)
			cpu := time.Duration(ru1.Utime.Nano()+ru1.Stime.Nano()-ru0.Utime.Nano()-ru0.Stime.Nano())
			fmt.Printf("%s: %d rows psql %.2fs ours %.2fs ratio %.2f cpu %.2fs rss %dMiB\n", name, n, psql.Seconds(), us.Seconds(), us.Seconds()/psql.Seconds(), cpu.Seconds(), ru1.Maxrss/1024)
		}
	}
}
