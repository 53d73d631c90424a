package schedule

import (
	"context"
	"fmt"
	"testing"

	"github.com/tdlake/tdlake/internal/pgtest"
)

// ownChunks are the chunks of tdlake's hypertables.
const ownChunks = "timescaledb_information.chunks where hypertable_schema = 'tdlake'"

// compressOwn compresses every chunk that tdlake's tables have, as a policy does in time.
func compressOwn(t testing.TB, url string) {
	t.Helper()
	pgtest.Exec(t, url, "select compress_chunk(format('%I.%I', chunk_schema, chunk_name)::regclass) from "+ownChunks+" and not is_compressed")
	if n := pgtest.Query(t, url, "select count(*) from "+ownChunks+" and is_compressed")[0][0]; n == "0" {
		t.Fatal("nothing is compressed")
	}
}

// still leaves compressing to the test: policies' own jobs would meet it.
const still = "timescaledb.max_background_workers = 0"

// fewRows is how many rows of compressed chunks a statement may write to: a revision writes to more.
const fewRows = "timescaledb.max_tuples_decompressed_per_dml_transaction = 5"

func TestHypertablesAreUpdatedAndRevised(t *testing.T) {
	url := pgtest.Timescale(t, still, fewRows).Database(t, "")
	m := newMarket(3, 200)
	days := m.days()
	pgtest.Exec(t, url, tables+`;
select create_hypertable('prices', 'time_index', chunk_time_interval => interval '1 month');
select create_hypertable('holdings', 'time_index', chunk_time_interval => interval '1 month');
alter table prices set (timescaledb.compress, timescaledb.compress_segmentby = 'unique_identifier')`)
	m.add(t, url, days[0], days[150])
	pgtest.Exec(t, url, "select compress_chunk(c) from show_chunks('prices', older_than => timestamptz '2022-04-01') c")
	tree := newTree(t, pipeline(t, everyKind...))
	mustPass(t, url, tree)
	checkAll(t, url, tree)
	for _, r := range pgtest.Query(t, url, `select table_name, exists (select from timescaledb_information.jobs where hypertable_name = table_name and proc_name = 'policy_compression')
from tdlake.nodes where columns is not null`) {
		if r[1] != "t" {
			t.Errorf("%s is no hypertable with a policy of compression", r[0])
		}
	}

	compressOwn(t, url)
	m.add(t, url, days[150], days[160])
	mustPass(t, url, tree)
	checkAll(t, url, tree)

	compressOwn(t, url)
	pgtest.Exec(t, url, `set timescaledb.max_tuples_decompressed_per_dml_transaction = 0;
update prices set close = close * 1.01 where time_index::date = '2022-03-15' and unique_identifier = 'AA';
delete from prices where time_index::date = '2022-03-16' and unique_identifier = 'BB';
insert into prices select time_index, 'LATE', 7 from prices where unique_identifier = 'AA' and time_index < '2022-03-20' on conflict do nothing`)
	mustPass(t, url, tree, revise)
	checkAll(t, url, tree)
}

func TestTwoProcessesFillOneHypertable(t *testing.T) {
	url := pgtest.Timescale(t, still, fewRows).Database(t, "")
	m := newMarket(2, 220)
	days := m.days()
	m.load(t, url, days[120])
	p := pipeline(t, twoProcesses...)
	few := NewTree(nodesNamed(t, p, "few_returns"), nil, micros(start), false)
	many := NewTree(nodesNamed(t, p, "many_returns"), nil, micros(start), false)
	for i, tree := range []*Tree{few, many, few, many} {
		mustPass(t, url, tree) // into chunks in which the other's rows are compressed
		checkAll(t, url, tree)
		compressOwn(t, url)
		if i == 1 {
			m.add(t, url, days[120], days[130])
		}
	}
	pgtest.Exec(t, url, "update prices set close = close * 1.01 where unique_identifier = 'CC' and time_index > '2022-03-10'")
	mustPass(t, url, many, revise)
	checkAll(t, url, many)
	checkAll(t, url, few)
}

func TestHypertablesWithoutCompression(t *testing.T) {
	url := pgtest.Timescale(t, "timescaledb.license = 'apache'").Database(t, "")
	m := newMarket(3, 130)
	m.load(t, url, m.days()[129])
	tree := newTree(t, pipeline(t))
	mustPass(t, url, tree)
	checkAll(t, url, tree)
	if r := pgtest.Query(t, url, "select count(*), (select count(*) from tdlake.nodes where columns is not null) from timescaledb_information.hypertables")[0]; r[0] != r[1] || r[0] == "0" {
		t.Errorf("%s hypertables of %s tables", r[0], r[1])
	}
}

// Some tables were made before the extension, and are none of its.
func TestSizesOfHypertablesCountTheirChunks(t *testing.T) {
	url := pgtest.Timescale(t, still).Database(t, "")
	m := newMarket(3, 130)
	m.load(t, url, m.days()[129])
	p := pipeline(t)
	pgtest.Exec(t, url, "drop extension timescaledb")
	mustPass(t, url, NewTree(nodesNamed(t, p, "interpolated"), nil, micros(start), false))
	pgtest.Exec(t, url, "create extension timescaledb")
	mustPass(t, url, newTree(t, p))
	compressOwn(t, url)
	own := openSource(t, url).Tables()
	defer own.Close()
	all, err := own.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range all {
		name := `tdlake."` + info.Table + `"`
		want := pgtest.Query(t, url, "select pg_total_relation_size('"+name+"') + (select coalesce(sum(total_bytes), 0) from chunks_detailed_size('"+name+"'))")[0][0]
		if got := fmt.Sprint(info.Bytes); got != want {
			t.Errorf("%s: %s bytes, not %s", info.Table, got, want)
		}
	}
}
