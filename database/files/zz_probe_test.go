package files

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tdlake/tdlake/graph"
)

func rss(what string) {
	b, _ := os.ReadFile("/proc/self/status")
	for _, l := range strings.Split(string(b), "\n") {
		if strings.HasPrefix(l, "VmHWM") || strings.HasPrefix(l, "VmRSS") {
			fmt.Print(strings.Join(strings.Fields(l), " "), "; ")
		}
	}
	fmt.Println(what)
}

func TestGen(t *testing.T) {
	if _, err := os.Stat("/tmp/big/big.parquet"); err == nil {
		return
	}
	gen := "select make_timestamptz(1577836800000000 + (i // 500) * 60000000) as time_index, 'ID' || lpad((i % 500)::varchar, 14, '0') as unique_identifier, " +
		"random() as a, random() as b, random() as c, random() as d, i as e, random() as f from range(10000000) r(i)"
	run(t, []string{"/tmp/big/big.parquet", "/tmp/big/shuffled.parquet", "/tmp/big/big.csv"}, "copy ("+gen+") to '/tmp/big/big.parquet'",
		"copy ("+gen+" order by hash(i)) to '/tmp/big/shuffled.parquet'", "copy ("+gen+") to '/tmp/big/big.csv'")
}

func TestBig(t *testing.T) {
	name := os.Getenv("BIG")
	ctx := context.Background()
	rss("start")
	v, err := openSource(t, "/tmp/big").Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	n := graph.Table{Name: name, Key: []string{"time_index", "unique_identifier"}}
	s := time.Now()
	step := func(what string) {
		rss(fmt.Sprint(what, " ", time.Since(s)))
		s = time.Now()
	}
	if _, err := v.Schema(ctx, n); err != nil {
		t.Fatal(err)
	}
	step("schema")
	at, short, err := v.Back(ctx, n, 1577836800000000+10000*60000000, 700)
	step(fmt.Sprint("back ", at, short, err))
	f, err := v.Before(ctx, n, 1577836800000000+10000*60000000)
	if err != nil {
		t.Fatal(err)
	}
	step(fmt.Sprint("before ", f.Rows()))
	rows := 0
	for f, err := range v.Rows(ctx, n, math.MinInt64, math.MaxInt64) {
		if err != nil {
			t.Fatal(err)
		}
		rows += f.Rows()
	}
	step(fmt.Sprint("rows ", rows))
}
