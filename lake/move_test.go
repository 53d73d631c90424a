package lake_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/lake"
	"github.com/tdlake/tdlake/lake/laketest"
)

// elsewhere is the world's database under another address.
func (w *world) elsewhere(shift float64, upTo string) *laketest.Database {
	db := laketest.New("memory:elsewhere")
	db.Put("prices", prices("2020-06-01", upTo, shift))
	db.Put("members", members("2020-01-01", upTo))
	return db
}

func adopt(q request, db *laketest.Database, unchecked bool) (*lake.Adopted, error) {
	return q.d.AdoptSource(context.Background(), db, nil, unchecked)
}

func sourceText(t *testing.T, q request) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(q.d.Dir(), "_snapshot.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAdoptSource(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	if _, err := adopt(q, w.db, true); !errors.Is(err, lake.ErrNotStored) {
		t.Errorf("without a snapshot: %v", err)
	}
	w.snapshot(q)
	was := sourceText(t, q)

	_, err := adopt(q, w.elsewhere(1, "2023-12-31"), true)
	var different *lake.DifferentError
	if !errors.As(err, &different) || !strings.Contains(err.Error(), "2023-03-14T05:00:00Z A: close was") || sourceText(t, q) != was {
		t.Errorf("other rows: %v", err)
	}

	down := w.elsewhere(0, "2023-12-31")
	down.Fail = func(laketest.Call) error { return errors.New("the line is down") }
	_, err = adopt(q, down, false)
	var unreached *lake.UnreachedError
	if !errors.As(err, &unreached) || !strings.Contains(err.Error(), "the line is down") || !strings.Contains(unreached.Hint(), "--unchecked") || sourceText(t, q) != was {
		t.Errorf("nothing there: %v", err)
	}
	if a, err := adopt(q, down, true); err != nil || len(a.Compared) != 0 || len(a.Unreached) != 1 || !strings.Contains(sourceText(t, q), `"unchecked": true`) {
		t.Errorf("%+v %v: %s", a, err, sourceText(t, q))
	}

	later := w.elsewhere(0, "2024-12-31") // has grown since
	reads := map[string]int{}
	later.Fail = func(c laketest.Call) error { reads[c.Method]++; return nil }
	if a, err := adopt(q, later, false); err != nil || len(a.Compared) != 2 || reads["At"] != 2 || reads["Rows"]+reads["Before"] != 0 {
		t.Errorf("%+v %v, asked %v", a, err, reads)
	}
	if text := sourceText(t, q); strings.Contains(text, "unchecked") || !strings.Contains(text, `"source": "memory:elsewhere"`) {
		t.Errorf("_snapshot.json says %s", text)
	}
	w.db = later
	w.snapshot(w.request("2022-03-15", "2023-03-15", 60, "lasso"))
	expectSound(t, q.d)
}

// TestAdoptSourceMissesATable: what is there is compared, and what is not is said.
func TestAdoptSourceMissesATable(t *testing.T) {
	w := newWorld(t)
	q := w.usual()
	w.snapshot(q)
	half := laketest.New("memory:half")
	half.Put("prices", prices("2020-06-01", "2023-12-31", 0))
	_, err := adopt(q, half, false)
	if err == nil || !strings.Contains(err.Error(), `no table "members"`) {
		t.Errorf("got %v", err)
	}
	a, err := adopt(q, half, true)
	if err != nil || len(a.Compared) != 1 || len(a.Unreached) != 1 || !strings.Contains(sourceText(t, q), `"unchecked": true`) {
		t.Errorf("%+v %v", a, err)
	}
	half.Put("prices", prices("2020-06-01", "2023-12-31", 1))
	if _, err := adopt(q, half, true); err == nil || !strings.Contains(err.Error(), "has other rows") {
		t.Errorf("rows that differ are adopted unchecked: %v", err)
	}
}
