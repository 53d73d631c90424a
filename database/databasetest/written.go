package databasetest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/graph"
)

// Tables is a database under test that tdlake writes to: schedule.Store by shape, and what the program needs besides.
type Tables interface {
	Begin(ctx context.Context) (View, error)
	Register(ctx context.Context, all []database.Process) error
	Claim(ctx context.Context, holder int64, ids []string, lease time.Duration, force bool) (*database.Claim, error)
	Release(ctx context.Context, c database.Claim) error
	Progress(ctx context.Context, ids []string) (map[string]database.Progress, error)
	Reads(ctx context.Context, ids []string) (map[string]map[string]json.RawMessage, error)
	Source(ctx context.Context, p database.Process, schema frame.Schema) (graph.Table, error)
	Write(ctx context.Context, b *database.Batch) error
	SetView(ctx context.Context, name string, parts []database.ViewPart) error
	List(ctx context.Context) ([]database.TableInfo, error)
	Specs(ctx context.Context, kind string) (map[string]json.RawMessage, error)
	Drop(ctx context.Context, table string) error
}

// everyType is a frame with values of every type, missing ones and the numbers that are easily lost.
func everyType() *frame.Frame {
	s := frame.Long("value")
	s.Fields = append(s.Fields, frame.Field{Name: "n", Type: frame.Int64}, frame.Field{Name: "yes", Type: frame.Bool},
		frame.Field{Name: "words", Type: frame.String}, frame.Field{Name: "seen at", Type: frame.Timestamp}, frame.Field{Name: "Day", Type: frame.Date})
	b := frame.NewBuilder(s)
	floats := []float64{0, math.Copysign(0, -1), math.SmallestNonzeroFloat64, math.MaxFloat64, 0.1 + 0.2, math.NaN()}
	for i, f := range floats {
		b.Time(0, int64(i-3)*1e15+1)
		b.String(1, []string{"", "é", `a"b\c`, "tab\tand\nline", "日本", "Z"}[i])
		b.Float(2, f)
		if i == 5 {
			for c := 3; c < 8; c++ {
				b.Missing(c)
			}
			continue
		}
		b.Int(3, math.MinInt64+int64(i))
		b.Bool(4, i%2 == 0)
		b.String(5, fmt.Sprint("text ", i))
		b.Time(6, -62e15+int64(i))
		b.Date(7, int32(i-100_000))
	}
	return b.Frame()
}

// RunTables holds an empty database to what tdlake's tables promise: what was written is read back, to the bit, alone and
// where several processes fill a table.
func RunTables(t *testing.T, open func(t *testing.T) Tables) {
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprintf("shared=%v", shared), func(t *testing.T) { (&written{t, t.Context(), open(t)}).run(shared) })
		t.Run(fmt.Sprintf("some identifiers, shared=%v", shared), func(t *testing.T) { (&written{t, t.Context(), open(t)}).replaced(shared) })
	}
}

type written struct {
	*testing.T
	ctx context.Context
	Tables
}

func (w *written) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *written) run(shared bool) {
	f := everyType()
	p := database.Process{ID: "kind_1", Table: "kind_1", Name: "some node", Kind: "sql", Version: 1, Spec: []byte("{}"), Shared: shared, Inputs: []string{}, Key: f.Schema().KeyNames()}
	w.must(w.Register(w.ctx, []database.Process{p}))
	claim, err := w.Claim(w.ctx, 1, []string{p.ID}, time.Minute, false)
	w.must(err)
	b := &database.Batch{
		Process: p, Claim: *claim, From: math.MinInt64, To: math.MaxInt64, Rows: f, Now: database.Progress{From: math.MinInt64, To: math.MaxInt64}, State: "updated",
		Reads: map[string]json.RawMessage{"prices": []byte(`{"it's": 1}`)},
	}
	for range 2 { // the second time over the first
		w.must(w.Write(w.ctx, b))
		had := w.progress(p.ID)
		if had.From != math.MinInt64 || had.To != math.MaxInt64 || had.Rows != int64(f.Rows()) || !had.Schema.Equal(f.Schema()) {
			w.Errorf("%+v", had)
		}
		b.Had = &had
		source, err := w.Source(w.ctx, p, had.Schema)
		w.must(err)
		w.same(source, f)
		if reads, err := w.Reads(w.ctx, []string{p.ID, "nobody"}); err != nil || len(reads) != 1 || !json.Valid(reads[p.ID]["prices"]) {
			w.Errorf("%s, %v", reads, err)
		}
	}
	for kind, want := range map[string]string{p.Kind: "map[kind_1:{}]", "other": "map[]"} {
		if specs, err := w.Specs(w.ctx, kind); err != nil || fmt.Sprintf("%s", specs) != want {
			w.Errorf("specs of kind %s: %s, %v", kind, specs, err)
		}
	}
	found := graph.Table{Name: p.Table, Key: p.Key} // as a config finds it that does not know the columns
	if shared {
		found.Process = p.ID
	}
	w.same(found, f)
	w.must(w.Release(w.ctx, *claim))
	w.viewed(p)
	w.dropped(p, int64(f.Rows()))
}

func (w *written) progress(id string) database.Progress {
	known, err := w.Progress(w.ctx, []string{id})
	w.must(err)
	return known[id]
}

// same compares a table's rows with a frame.
func (w *written) same(t graph.Table, want *frame.Frame) {
	w.Helper()
	got := w.rows(t)
	if got == nil || got.Digest() != want.Digest() {
		w.Errorf("%+v: %v", t, got)
	}
}

// rows reads a table whose rows come in one batch.
func (w *written) rows(t graph.Table) (all *frame.Frame) {
	w.Helper()
	v, err := w.Begin(w.ctx)
	w.must(err)
	defer v.Close() // what it reads cannot be dropped
	for f, err := range v.Rows(w.ctx, t, math.MinInt64, math.MaxInt64) {
		w.must(err)
		all = f
	}
	return all
}

// viewed checks the readable view: rows from datalake_start, which is 1970, on, and settings that are no columns of the node's.
func (w *written) viewed(p database.Process) {
	part := database.ViewPart{ID: p.ID, Settings: []database.ViewSetting{{Name: "window", Value: int64(math.MinInt64)}, {Name: "n", Value: "hidden"}}}
	for range 2 {
		w.must(w.SetView(w.ctx, p.Name, []database.ViewPart{part}))
	}
	got := w.rows(graph.Table{Name: "tdlake_views." + p.Name, Key: p.Key, Columns: []string{"window", "n"}})
	if got.Rows() != 3 || got.Column(2).ValueStr(0) != fmt.Sprint(math.MinInt64) || got.Column(3).ValueStr(0) == "hidden" {
		w.Errorf("the view has %v", got)
	}
}

func (w *written) dropped(p database.Process, rows int64) {
	all, err := w.List(w.ctx)
	if err != nil || len(all) != 1 || all[0].Rows != rows || all[0].First == nil || all[0].Processes[0].ID != p.ID {
		w.Errorf("%+v, %v", all, err)
	}
	w.must(w.Drop(w.ctx, p.Table))
	if all, err := w.List(w.ctx); err != nil || len(all) != 0 {
		w.Errorf("after it was dropped: %+v, %v", all, err)
	}
}

// panelOf is a frame of two identifiers, a value each at the times 1, 2, ... microseconds; NaN leaves a row out.
func panelOf(a, b []float64) *frame.Frame {
	p := frame.NewPanel(nil, []string{"A", `b'\`}, "value")
	for i := range a {
		p.Times = append(p.Times, int64(i+1))
	}
	p.Data = [][][]float64{{a, b}}
	return p.Frame()
}

// replaced writes over the rows of one identifier, and then over those of none.
func (w *written) replaced(shared bool) {
	nan := math.NaN()
	first := panelOf([]float64{1, 2, 3}, []float64{10, 20, 20})
	p := database.Process{ID: "k_1", Table: "k_1", Name: "n", Kind: "returns", Version: 1, Spec: []byte("{}"), Shared: shared, Inputs: []string{}, Key: first.Schema().KeyNames()}
	w.must(w.Register(w.ctx, []database.Process{p}))
	claim, err := w.Claim(w.ctx, 1, []string{p.ID}, time.Minute, false)
	w.must(err)
	had := &database.Progress{From: 0, To: 4}
	for _, b := range []*database.Batch{
		{To: 4, Rows: first, Now: *had},
		{From: 2, To: 5, Only: []string{`b'\`}, Rows: panelOf([]float64{nan, nan, nan, 4}, []float64{nan, nan, 30, 40}), Had: had, Now: database.Progress{To: 5}},
		{From: 1, To: 5, Only: []string{}, Rows: panelOf(nil, nil), Had: &database.Progress{To: 5}, Now: database.Progress{To: 5}},
	} {
		b.Process, b.Claim, b.State = p, *claim, "updated"
		w.must(w.Write(w.ctx, b))
	}
	now := w.progress(p.ID)
	source, err := w.Source(w.ctx, p, now.Schema)
	w.must(err)
	w.same(source, panelOf([]float64{1, 2, 3, 4}, []float64{10, nan, 30, 40}))
	if now.Rows != 7 {
		w.Errorf("%d rows counted, not 7", now.Rows)
	}
}
