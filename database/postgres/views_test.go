package postgres

import (
	"context"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/database"
	"github.com/tdlake/tdlake/frame"
	"github.com/tdlake/tdlake/internal/pgtest"
)

// TestViewsOfLongNames has two nodes, and two settings, whose names are equal as far as PostgreSQL reads them.
func TestViewsOfLongNames(t *testing.T) {
	url := pgtest.Database(t)
	tables := openTables(t, url)
	_, processes, claims := claimed(t, tables, "a", "b")
	long := strings.Repeat("n", 63)
	settings := []database.ViewSetting{{Name: long + "_1", Value: int64(1)}, {Name: long + "_2", Value: int64(2)}}
	ctx := context.Background()
	var names []string
	for i, p := range processes {
		b := &database.Batch{Process: p, Claim: claims[i], To: 2, Rows: frame.Empty(frame.Long("value")), Now: database.Progress{To: 2}, State: "updated"}
		if err := tables.Write(ctx, b); err != nil {
			t.Fatal(err)
		}
		names = append(names, long+"_"+p.ID)
	}
	for range 2 {
		for i, name := range names {
			if err := tables.SetView(ctx, name, []database.ViewPart{{ID: processes[i].ID, Settings: settings}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, name := range names {
		view := viewName(name)
		if len(view) != 63 || !strings.HasPrefix(view, long[:54]+"_") {
			t.Errorf("the view is named %s", view)
		}
		read := pgtest.Query(t, url, "select pg_get_viewdef('tdlake_views."+view+"'::regclass)")[0][0]
		if !strings.Contains(read, "FROM "+processes[i].Table+"\n") {
			t.Errorf("the view of %s reads another's table: %s", name, read)
		}
	}
	if name := strings.Repeat("é", 31); viewName(name) != name || len(viewName(name+"éé")) > 63 {
		t.Errorf("%s", viewName(name+"éé"))
	}
}
