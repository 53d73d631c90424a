package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// panelOf is a frame of two identifiers, a value each at the times 1, 2, ... microseconds; NaN leaves a row out.
func panelOf(a, b []float64) *frame.Frame {
	p := frame.NewPanel(nil, []string{"A", `b'\`}, "value")
	for i := range a {
		p.Times = append(p.Times, int64(i+1))
	}
	p.Data = [][][]float64{{a, b}}
	return p.Frame()
}

func TestOnlySomeIdentifiersAreReplaced(t *testing.T) {
	for _, shared := range []bool{false, true} {
		url := pgtest.Database(t)
		ctx := context.Background()
		tables := open(t, url).Tables()
		defer tables.Close()
		nan := math.NaN()
		first := panelOf([]float64{1, 2, 3}, []float64{10, 20, 20})
		p := database.Process{ID: "k_1", Table: "k_1", Name: "n", Kind: "returns", Version: 1, Spec: []byte("{}"), Shared: shared, Inputs: []string{}, Key: first.Schema().KeyNames()}
		if err := tables.Register(ctx, []database.Process{p}); err != nil {
			t.Fatal(err)
		}
		claim, err := tables.Claim(ctx, 1, []string{p.ID}, time.Minute, false)
		if err != nil {
			t.Fatal(err)
		}
		had := &database.Progress{From: 0, To: 4}
		for _, b := range []*database.Batch{
			{To: 4, Rows: first, Now: *had},
			{From: 2, To: 5, Only: []string{`b'\`}, Rows: panelOf([]float64{nan, nan, nan, 4}, []float64{nan, nan, 30, 40}), Had: had, Now: database.Progress{To: 5}, Reads: map[string]json.RawMessage{"in": []byte(`{"a": 1}`)}},
			{From: 1, To: 5, Only: []string{}, Rows: panelOf(nil, nil), Had: &database.Progress{To: 5}, Now: database.Progress{To: 5}},
		} {
			b.Process, b.Claim, b.State = p, *claim, "updated"
			if err := tables.Write(ctx, b); err != nil {
				t.Fatal(err)
			}
		}
		got := pgtest.Query(t, url, `select string_agg(unique_identifier || value, ' ' order by time_index, unique_identifier), count(*), (select rows from tdlake.nodes) from tdlake.k_1`)
		if want := `[[A1 b'\10 A2 A3 b'\30 A4 b'\40 7 7]]`; fmt.Sprint(got) != want {
			t.Errorf("shared %v: %v, not %s", shared, got, want)
		}
		reads, err := tables.Reads(ctx, []string{"k_0", "k_1"})
		if err != nil || len(reads) != 1 || string(reads["k_1"]["in"]) != `{"a": 1}` {
			t.Errorf("%v, %v", reads, err)
		}
	}
}
