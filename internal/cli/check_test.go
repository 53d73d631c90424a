package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/internal/pgtest"
)

// exits runs a command and returns its exit code and all that it said.
func exits(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	return Main(args, strings.NewReader(""), &out, &out), out.String()
}

// A day of which one identifier comes first is stale when the others have come: update, tables and why say so until it is mended, and
// --check ends with a code of its own.
func TestUpdateCheck(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create table prices as select timestamptz '2022-01-01Z' + i * interval '24 hours' as time_index, id as unique_identifier, 10 + sin(i * ascii(id)) as close
from generate_series(0, 60) i, unnest(array['A', 'B', 'C']) id; alter table prices add primary key (time_index, unique_identifier)`)
	config := filepath.Join(t.TempDir(), "tdlake.yaml")
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(lateConfig, "URL", url)), 0o666); err != nil {
		t.Fatal(err)
	}
	expect := func(code int, words []string, args ...string) {
		t.Helper()
		got, said := exits(t, args...)
		if got != code {
			t.Errorf("%v: exit code %d, not %d\n%s", args, got, code, said)
		}
		expectSaid(t, said, words...)
	}
	expect(exitCondition, []string{"total reads what would be other rows then: returns", "3 of 3 nodes are not up to date", "filled would be updated from 2022-01-09"}, "update", config, "--check")
	if tables := pgtest.Query(t, url, "select count(*) from tdlake.nodes")[0][0]; tables != "0" {
		t.Errorf("a check has registered %s nodes", tables)
	}
	saidBy(t, config)
	expect(exitDone, []string{"filled is up to date", "total is up to date"}, "update", config, "--check")

	pgtest.Exec(t, url, "insert into prices values ('2022-03-03Z', 'A', 10)")
	saidBy(t, config)
	pgtest.Exec(t, url, "insert into prices values ('2022-03-03Z', 'B', 11), ('2022-03-03Z', 'C', 12)")
	expect(exitCondition, []string{"filled would be caught up from 2022-03-01", "total reads what would be other rows then: returns"}, "update", config, "--check")
	const stale = "total was computed from rows that have changed since: returns, rows of B, C from 2022-03-03"
	expectSaid(t, saidBy(t, config), stale)
	expectSaid(t, saidBy(t, config), "total: nothing new", stale)
	expect(exitCondition, []string{stale, "1 of 3 nodes is not up to date", "filled is up to date"}, "update", config, "--check")
	expect(exitCondition, []string{stale}, "update", config, "--check", "--break-after-one-update")
	expect(exitDone, []string{"stale: returns, rows of B, C from 2022-03-03"}, "tables", config)
	expect(exitDone, []string{stale, "--revise"}, "why", config, "total", "--from", "database")

	before := pgtest.Query(t, url, "select count(*), max(update_id) from tdlake.updates")[0]
	expect(exitDone, []string{"total would be computed again from 2022-03-01: returns, in 2022-03: B, C", "filled is up to date"}, "update", config, "--revise", "--dry-run")
	if after := pgtest.Query(t, url, "select count(*), max(update_id) from tdlake.updates")[0]; after[0] != before[0] || after[1] != before[1] {
		t.Errorf("a dry run has written")
	}
	expect(exitUsage, []string{"--revise"}, "update", config, "--dry-run")
	expect(exitDone, []string{"total is up to date"}, "update", config, "--revise", "--break-after-one-update", "--check")
	expect(exitDone, nil, "update", config, "--check")
	for _, args := range [][]string{{"tables", config}, {"why", config, "total", "--from", "database"}, {"update", config, "--break-after-one-update"}} {
		if _, said := exits(t, args...); strings.Contains(said, "stale") || strings.Contains(said, "changed") {
			t.Errorf("%v still says\n%s", args, said)
		}
	}
}
