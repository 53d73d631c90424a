package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tdlake/tdlake/internal/pgtest"
)

const lateConfig = `
datalake_name: late
datalake_start: 2022-01-10
datalake_end: 2022-12-01
database: URL
nodes:
  prices: {kind: table, table: prices, columns: [close]}
  filled: {kind: interpolate, method: previous, input: prices}
  returns: {kind: returns, input: filled}
  total: {kind: sql, inputs: {r: returns}, lookback: 0, key: [time_index], query: "select time_index, sum(return) as total from r group by 1"}
target: total
`

// saidBy updates once, and expects success.
func saidBy(t *testing.T, config string, flags ...string) string {
	t.Helper()
	_, said := tdlake(t, append([]string{"update", config, "--break-after-one-update", "--debug"}, flags...)...)
	return said
}

func expectSaid(t *testing.T, said string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(said, w) {
			t.Errorf("nothing says %q in\n%s", w, said)
		}
	}
}

func TestUpdateSaysWhatWasLateAndWhatHasChanged(t *testing.T) {
	url := pgtest.Database(t)
	pgtest.Exec(t, url, `create table prices as select timestamptz '2022-01-01Z' + i * interval '24 hours' as time_index, id as unique_identifier, 10 + sin(i * ascii(id)) as close
from generate_series(0, 100) i, unnest(array['A', 'B', 'C']) id;
create table held as select * from prices where unique_identifier = 'B' and time_index >= '2022-03-29Z';
alter table prices add primary key (time_index, unique_identifier);
delete from prices where (time_index, unique_identifier) in (select time_index, unique_identifier from held)`)
	config := filepath.Join(t.TempDir(), "tdlake.yaml")
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(lateConfig, "URL", url)), 0o666); err != nil {
		t.Fatal(err)
	}
	saidBy(t, config)

	pgtest.Exec(t, url, "insert into prices select * from held")
	said := saidBy(t, config)
	expectSaid(t, said, ": caught up from 2022-03-01, ", "; late: B\n", "total: nothing new",
		"tdlake: warning: total was computed from rows that have changed since: returns, rows of B from 2022-03-29; tdlake update --revise computes it again from there on\n")
	if strings.Contains(said, "filled was") || strings.Contains(said, "returns was") {
		t.Errorf("what has caught up is warned of\n%s", said)
	}
	said = saidBy(t, config, "--revise")
	expectSaid(t, said, "filled: nothing new", ": revised from 2022-03-01, ", "; had changed: returns, in 2022-03, 2022-04: B\n")
	if strings.Contains(said, "warning") {
		t.Errorf("what was revised is warned of\n%s", said)
	}
	if said := saidBy(t, config); strings.Count(said, "nothing new") != 3 || strings.Contains(said, "warning") {
		t.Errorf("%s", said)
	}

	// A change, and a row that came though its identifier had come further: both are told by what has to be computed again.
	pgtest.Exec(t, url, `update prices set close = 11 where unique_identifier = 'A' and time_index = '2022-04-02Z';
delete from prices where unique_identifier = 'C' and time_index = '2022-02-05Z';
insert into prices select '2022-04-12Z', 'A', 12`)
	expectSaid(t, saidBy(t, config), "tdlake: warning: filled was computed from rows that have changed since: prices, in 2022-04: A; tdlake update --revise computes it again from there on\n")
	expectSaid(t, saidBy(t, config, "--revise"), ": revised from 2022-02-01, ", "; had changed: prices, in 2022-02, 2022-04: A, C\n", "; had changed: filled, in 2022-02, 2022-04: A, C\n", "; had changed: returns, in 2022-02, 2022-04: A, C\n")
}
