package lake_test

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
	"github.com/tdlake/tdlake/lake"
)

// large is a source of many rows that are made as they are read: identifiers times days, three columns.
type large struct{ days, ids int }

func (l large) Name() string { return "memory:large" }

func (l large) Place() string { return "memory:large" }

func (l large) Begin(context.Context) (lake.View, error) { return l, nil }

func (l large) schema() frame.Schema { return frame.Long("close") }

func (l large) Schema(context.Context, graph.Table) (frame.Schema, error) { return l.schema(), nil }

func (l large) Own(context.Context, graph.Table, int64, int64, int) ([]graph.Tail, error) {
	return nil, nil
}

func (l large) Back(_ context.Context, _ graph.Table, before int64, _ int) (int64, bool, error) {
	return before, true, nil
}

func (l large) At(context.Context, graph.Table, []int64) (*frame.Frame, error) {
	return frame.Empty(l.schema()), nil
}

func (l large) Before(context.Context, graph.Table, int64) (*frame.Frame, error) {
	return frame.Empty(l.schema()), nil
}

func (l large) Warnings() []string { return nil }

func (l large) Hold(context.Context, []graph.Table) error { return nil }

func (l large) Close() error { return nil }

// Rows makes a day's rows a batch.
func (l large) Rows(_ context.Context, _ graph.Table, _, to int64) iter.Seq2[*frame.Frame, error] {
	return func(yield func(*frame.Frame, error) bool) {
		names := array.NewStringBuilder(memory.DefaultAllocator)
		for i := range l.ids {
			names.Append(fmt.Sprintf("ID%06d", i))
		}
		ids := names.NewStringArray()
		for day := range l.days {
			at := us("2022-01-01") + int64(day)*24*hour
			if at >= to {
				return
			}
			times, values := make([]int64, l.ids), make([]float64, l.ids)
			for i := range times {
				times[i], values[i] = at, float64((day*7919+i*104729)%100003)/7
			}
			f, err := frame.New(l.schema(), []arrow.Array{frame.TimeColumn(times), ids, frame.FloatColumn(values)})
			if !yield(f, err) || err != nil {
				return
			}
		}
	}
}

// TestMillionsOfRowsInLittleMemory streams three million rows, which begin by year and turn out to be cut by month.
func TestMillionsOfRowsInLittleMemory(t *testing.T) {
	const limit = 160 << 20
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
	w := newWorld(t)
	q := w.request("2022-01-01", "2024-01-01", 5, "returns")
	src := large{days: 600, ids: 5000}
	p, err := q.d.PlanSnapshot(context.Background(), src, q.nodes, q.targets, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	runtime.GC()
	var peak uint64
	report, err := p.Run(context.Background(), func(lake.Progress) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := report.Nodes[0]; n.Rows != 3_000_000 || n.Parts != 20 {
		t.Errorf("the report is\n%s", report)
	}
	if peak > 2*limit {
		t.Errorf("%s of memory", lake.ShowBytes(int64(peak)))
	}
	t.Logf("at most %s of memory", lake.ShowBytes(int64(peak)))
}
