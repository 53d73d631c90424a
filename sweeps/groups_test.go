package sweeps

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

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
func (f *few) Warning() string         { return "" }

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
// stopped after a segment with one that was not.
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
	if !slices.ContainsFunc(p.files, func(f storedFile) bool { return f.rows >= segmentRows && len(f.groups) > 1 }) {
		t.Error("no chunk is a segment of row groups")
	}
	sameFolder(t, w.run(large, newFew(), Options{Jobs: 2}).folder(t), ragged)
}

// TestACopiedGroupIsTheSame makes the file of a finished sweep once more, of its own row groups and of its points.
func TestACopiedGroupIsTheSame(t *testing.T) {
	w := newWorld(t)
	w.run(large, newFew(), Options{Jobs: 2})
	p := w.plan(large)
	if err := p.read(); err != nil {
		t.Fatal(err)
	}
	points, stored := p.Results.complete(), p.unchangedGroups()
	s, err := shapeOf(p.Results.table(nil, true, allBits(len(p.Metrics))))
	if err != nil {
		t.Fatal(err)
	}
	from := newCopier(p.Dir, stored)
	defer from.close()
	for i, group := range p.ids.rowGroups(points) {
		if copied, err := from.copy(newEncoder(io.Discard, s), group); !copied || err != nil {
			t.Errorf("row group %d is encoded again (%v)", i, err)
		}
	}
	var copied, encoded bytes.Buffer
	for out, stored := range map[*bytes.Buffer][]storedGroup{&copied: stored, &encoded: nil} {
		if err := p.encodePoints(context.Background(), out, points, true, allBits(len(p.Metrics)), fileMeta{}, stored); err != nil {
			t.Fatal(err)
		}
	}
	if len(stored) < groupsAim || !bytes.Equal(copied.Bytes(), encoded.Bytes()) {
		t.Errorf("%d row groups, copied: %d bytes, encoded: %d", len(stored), copied.Len(), encoded.Len())
	}
	p.files[0].meta.Encoding--
	if old := p.unchangedGroups(); len(old) > 0 {
		t.Errorf("%d row groups of another encoding are taken for what would be written today", len(old))
	}
	p.files[0].meta.Encoding++
	p.Results.touched[points[0]] = true
	if again := p.unchangedGroups(); len(again) != len(stored)-1 {
		t.Errorf("of %d row groups %d are taken for unchanged where one was computed again", len(stored), len(again))
	}
}

// TestARunCopiesWhatIsUnchanged has values in memory that are not those on disk, which tells a row group that was copied from one that was encoded.
func TestARunCopiesWhatIsUnchanged(t *testing.T) {
	const windows, wider = "[2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]", "[2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 25]"
	const alphas, metrics = "[0.1, 0.2, 0.3, 0.4, 0.5]", "total_return: , sharpe: "
	w := newWorld(t)
	w.run(many(windows, alphas, metrics), newFew(), Options{Jobs: 2})
	p := w.plan(many(wider, alphas, metrics))
	if err := p.read(); err != nil {
		t.Fatal(err)
	}
	was := p.Results.values[0].floats[0]
	p.Results.values[0].floats[0] = was + 1
	if _, err := Run(context.Background(), p, newFew(), Options{Jobs: 2}); err != nil {
		t.Fatal(err)
	}
	again := w.plan(many(wider, alphas, metrics))
	if err := again.read(); err != nil {
		t.Fatal(err)
	}
	if got := again.Results.values[0].floats[0]; got != was {
		t.Errorf("the first point's value on disk is %v, not %v: its row group was encoded again", got, was)
	}
}

// TestNoRowGroupIsTooLong has points whose hashes end none.
func TestNoRowGroupIsTooLong(t *testing.T) {
	p := newWorld(t).plan(large)
	points := make([]int, p.Points())
	for i := range points {
		points[i] = i
		p.ids.hashes[i] = graph.Hash{1, 1, 1, 1}
	}
	var sizes []int
	for _, g := range p.ids.rowGroups(points) {
		sizes = append(sizes, len(g))
	}
	if want := []int{groupMost, len(points) - groupMost}; !slices.Equal(sizes, want) {
		t.Errorf("row groups of %v points, not %v", sizes, want)
	}
}

// many is a sweep that is long enough for several row groups.
func many(windows, alphas, metrics string) string {
	return fmt.Sprintf("\nsweep:\n  vary: {windows: %s, short: {range: [2, 152]}, alpha: %s}\n  metrics: {%s}\n", windows, alphas, metrics)
}

// TestWhatIsAddedLeavesRowGroupsAsTheyAre widens a sweep in its first parameter, narrows it, widens it again and gives it a metric: the files are those of
// the same sweep made in one go, and most row groups are copied where only some of the points are new.
func TestWhatIsAddedLeavesRowGroupsAsTheyAre(t *testing.T) {
	const (
		before = "[2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40]"
		after  = "[2, 4, 6, 8, 10, 12, 14, 15, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40]"
		five   = "[0.1, 0.2, 0.3, 0.4, 0.5]"
		six    = "[0.1, 0.15, 0.2, 0.3, 0.4, 0.5]"
	)
	steps := []struct {
		sweep string
		most  int // row groups that may be new
	}{
		{many(before, five, "total_return: , sharpe: "), 100},
		{many(after, five, "total_return: , sharpe: "), 2},
		{many(before, five, "total_return: , sharpe: "), 2},
		{many(before, six, "total_return: , sharpe: "), 100},
		{many(before, six, "total_return: , sharpe: , sortino: "), 100},
		{many(before, six, "total_return: , sortino: "), 100},
	}
	grown := newWorld(t)
	for i, step := range steps {
		had := map[string]bool{}
		for _, g := range rawGroups(t, grown.plan(step.sweep)) {
			had[g] = true
		}
		p := grown.run(step.sweep, newFew(), Options{Jobs: 2})
		once := newWorld(t).run(step.sweep, newFew(), Options{Jobs: 2})
		if p.folder(t)[pointsName] != once.folder(t)[pointsName] {
			t.Errorf("step %d: the points differ from those of one sweep", i)
		}
		made := 0
		groups := rawGroups(t, p)
		for _, g := range groups {
			if !had[g] {
				made++
			}
		}
		if len(groups) < 4 || made > step.most {
			t.Errorf("step %d: %d of %d row groups are new", i, made, len(groups))
		}
	}
}

// rawGroups returns the bytes of each row group of the final file, none where there is no file.
func rawGroups(t *testing.T, p *Plan) []string {
	t.Helper()
	path := filepath.Join(p.Dir, pointsName)
	whole, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	f, err := openResults(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	var out []string
	for _, g := range f.f.Metadata().RowGroups {
		out = append(out, string(whole[g.FileOffset:g.FileOffset+g.TotalCompressedSize]))
	}
	return out
}

// TestRowGroupsAreAFunctionOfPoints divides any points: nothing is lost, and what is taken out or put in leaves the row groups alone that
// don't touch it.
func TestRowGroupsAreAFunctionOfPoints(t *testing.T) {
	p := newWorld(t).plan(many("{range: [2, 22]}", "[0.1, 0.2, 0.3]", "total_return: "))
	rapid.Check(t, func(t *rapid.T) {
		var points []int
		gap := rapid.IntRange(0, p.Points()).Draw(t, "gap")
		width := rapid.IntRange(0, 2000).Draw(t, "width")
		for i := range p.Points() {
			if i < gap || i >= gap+width {
				points = append(points, i)
			}
		}
		var back []int
		same := map[[2]int]int{}
		for _, g := range p.ids.rowGroups(points) {
			back = append(back, g...)
			same[[2]int{g[0], g[len(g)-1]}] = len(g)
		}
		if !slices.Equal(back, points) {
			t.Fatal("points were lost")
		}
		all := make([]int, p.Points())
		for i := range all {
			all[i] = i
		}
		for _, g := range p.ids.rowGroups(all) {
			first, last := g[0], g[len(g)-1]
			if (last < gap-1 || first > gap+width) && same[[2]int{first, last}] != len(g) {
				t.Errorf("points %d to %d are no row group where %d to %d are left out", first, last, gap, gap+width)
			}
		}
	})
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
	f, err := openResults(filepath.Join(dir, "x.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.close()
	if copied, err := f.copyGroup(newEncoder(io.Discard, s), 0); copied || err != nil {
		t.Errorf("copied: %v, %v", copied, err)
	}
}
