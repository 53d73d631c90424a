package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/internal/pgtest"
)

// sharedConfig is a process for some assets that fills the same tables as those for others.
const sharedConfig = `
datalake_name: IDS
datalake_start: 2022-03-01
datalake_end: 2022-03-10
database: URL
datalake_dir: DIR
FROM
nodes:
  prices: {kind: table, table: prices, columns: [close], identifiers: [IDS], ignore_local_kwargs: [identifiers]}
  daily: {kind: interpolate, method: previous, input: prices, every: 1d}
  returns: {kind: returns, input: daily}
target: returns
`

func writeShared(t *testing.T, url, ids, from string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tdlake.yaml")
	text := strings.NewReplacer("IDS", ids, "URL", url, "DIR", t.TempDir(), "FROM", from).Replace(sharedConfig)
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestASnapshotOfASharedTableHasItsOwnRowsAlone(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create table prices as select timestamptz '2022-02-20Z' + i * interval '24 hours' as time_index, id as unique_identifier, 10 + sin(i * ascii(id)) as close
from generate_series(0, 20) i, unnest(array['A', 'B', 'C']) id`)
	const cut = "nodes_to_get_from_db: daily"
	var errs bytes.Buffer
	tdlake(t, "update", writeShared(t, url, "A, B, C", ""), "--break-after-one-update")
	if code := Main([]string{"run", writeShared(t, url, "A", cut), "daily"}, strings.NewReader(""), &errs, &errs); code != exitUsage || !strings.Contains(errs.String(), "has written no rows") {
		t.Errorf("exit code %d\n%s", code, errs.String())
	}
	tdlake(t, "update", writeShared(t, url, "A", ""), "--break-after-one-update")
	tables := pgtest.Query(t, url, "select count(distinct table_name), count(*) from tdlake.nodes where columns is not null")
	if tables[0][0] != "2" || tables[0][1] != "4" {
		t.Fatalf("%v", tables)
	}
	for _, node := range []string{"daily", "returns"} {
		want, _ := tdlake(t, "run", writeShared(t, url, "A", ""), node, "--format", "csv")
		got, _ := tdlake(t, "run", writeShared(t, url, "A", cut), node, "--format", "csv")
		if got != want || strings.Count(want, "\n") < 9 {
			t.Errorf("%s from its own table:\n%s\ncomputed:\n%s", node, got, want)
		}
	}
}
