package sweeps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/tdlake/tdlake/duck"
	"github.com/tdlake/tdlake/graph"
)

// large fills a row group and a part of another.
const large = "\nsweep:\n  vary: {windows: {range: [2, 302]}, short: {range: [2, 302]}, alpha: [0.1, 0.2]}\n  metrics: {total_return: , sharpe: }\n"

// few is an engine of short portfolios that differ.
type few struct {
	flat
	read   atomic.Int64
	before func(read int64)
}

func newFew() *few {
	s := market(rand.New(rand.NewPCG(3, 4)), 8)
	return &few{flat: flat{s, portfolioFrame(s).Times()}}
}

func (f *few) Eval(_ context.Context, n *graph.Node) (Result, error) {
	return &flat{f.cut(n), f.times[:f.rows(n)]}, nil
}

func (f *few) NewSeries() SeriesReader { return f }

func (f *few) Read(_ context.Context, n *graph.Node) (Series, []int64, bool, error) {
	if read := f.read.Add(1); f.before != nil {
		f.before(read)
	}
	return f.cut(n), f.times[:f.rows(n)], true, nil
}

func (f *few) rows(n *graph.Node) int { return 1 + int(n.Hash[0])%len(f.times) }

func (f *few) cut(n *graph.Node) Series {
	k := f.rows(n)
	return Series{Returns: f.series.Returns[:k], Portfolio: f.series.Portfolio[:k], Turnover: f.series.Turnover[:k]}
}

// TestRowGroupsAreCopied compares a file that is made of chunks with one that is encoded in one go, and a run that was
// stopped after a row group with one that was not.
func TestRowGroupsAreCopied(t *testing.T) {
	ragged := newWorld(t).run(large, newFew(), Options{Jobs: 2, chunkPoints: 50_000, chunkEvery: time.Hour}).folder(t)
	sameFolder(t, newWorld(t).run(large, newFew(), Options{Jobs: 2, chunkEvery: time.Hour}).folder(t), ragged)

	w := newWorld(t)
	ctx, stop := context.WithCancel(context.Background())
	e := newFew()
	e.before = func(read int64) {
		if read == 175_000 {
			stop()
		}
	}
	if _, err := Run(ctx, w.plan(large), e, Options{Jobs: 2, chunkEvery: time.Hour, blockPoints: 64}); !errors.Is(err, context.Canceled) {
		t.Fatalf("stopped, the run said %v", err)
	}
	p := w.plan(large)
	if !slices.ContainsFunc(p.files, func(f storedFile) bool { return f.rows == groupRows && f.inOrder && f.whole }) {
		t.Error("no chunk is a row group")
	}
	sameFolder(t, w.run(large, newFew(), Options{Jobs: 2}).folder(t), ragged)
}

// TestACopiedGroupIsTheSame copies each row group by itself.
func TestACopiedGroupIsTheSame(t *testing.T) {
	p := newWorld(t).run(large, newFew(), Options{Jobs: 2})
	points := p.Results.complete()
	groups := map[int]string{}
	for k := 0; k*groupRows < len(points); k++ {
		groups[k] = fmt.Sprintf("chunk-%06d.parquet", k)
		part := points[k*groupRows : min((k+1)*groupRows, len(points))]
		if err := writeTable(context.Background(), p.Dir, groups[k], p.Results.table(part, true, allBits(len(p.Metrics))), fileMeta{}); err != nil {
			t.Fatal(err)
		}
		s, err := shapeOf(p.Results.table(nil, true, allBits(len(p.Metrics))))
		if err != nil {
			t.Fatal(err)
		}
		if copied, err := newEncoder(io.Discard, s).copyGroup(filepath.Join(p.Dir, groups[k])); !copied || err != nil {
			t.Errorf("row group %d is encoded again (%v)", k, err)
		}
	}
	var copied, encoded bytes.Buffer
	for out, groups := range map[*bytes.Buffer]map[int]string{&copied: groups, &encoded: nil} {
		if err := p.encodePoints(context.Background(), out, points, fileMeta{}, groups); err != nil {
			t.Fatal(err)
		}
	}
	if len(groups) != 2 || !bytes.Equal(copied.Bytes(), encoded.Bytes()) {
		t.Errorf("%d row groups, copied: %d bytes, encoded: %d", len(groups), copied.Len(), encoded.Len())
	}
}

// TestMixedColumnsAreNotCopied has a column whose dictionary outgrew its limit.
func TestMixedColumnsAreNotCopied(t *testing.T) {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range groupRows {
		b.Append(fmt.Sprintf("a text of some length, number %d", i))
	}
	table := duck.Table{Names: []string{"text"}, Columns: []arrow.Array{b.NewArray()}}
	dir := t.TempDir()
	if err := writeTable(context.Background(), dir, "x.parquet", table, fileMeta{}); err != nil {
		t.Fatal(err)
	}
	s, err := shapeOf(table)
	if err != nil {
		t.Fatal(err)
	}
	if copied, err := newEncoder(io.Discard, s).copyGroup(filepath.Join(dir, "x.parquet")); copied || err != nil {
		t.Errorf("copied: %v, %v", copied, err)
	}
}
