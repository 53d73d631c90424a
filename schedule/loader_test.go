package schedule

import (
	"context"
	"testing"

	"github.com/tdlake/tdlake/graph"
)

// TestRowsAreReadAgainAsOfATime: what was read without the rows before is not given to whoever asks for these.
func TestRowsAreReadAgainAsOfATime(t *testing.T) {
	m := newMarket(3, 60)
	url := emptyFile(t)
	m.load(t, url, m.days()[59])
	s := openStore(t, url)
	defer s.Close()
	v, err := s.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	nodes, err := pipeline(t).Nodes("prices", nil)
	if err != nil {
		t.Fatal(err)
	}
	l := newLoader(v, nil, nil)
	from, end := micros("2021-12-01"), micros("2022-01-01")
	for _, asOf := range []bool{false, true, false} {
		_, before, err := l.Load(context.Background(), nodes[0], graph.Range{From: from, AsOf: asOf}, end)
		if err != nil || (before != nil && before.Rows() > 0) != asOf {
			t.Errorf("as of a time: %v: %v, %v", asOf, before != nil, err)
		}
	}
}
