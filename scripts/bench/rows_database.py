"""Rows 5 and 6: a large table from PostgreSQL to the lake, and queries over it there."""
import pathlib
import shutil
import subprocess

from measure import Job, alternate, run
from settings import Bench
from table import Line, longer, seconds

HOURS = 10_000
ORDERS = {"time": ("k / {ids}", "k % {ids}"), "identifier": ("k % {hours}", "k / {hours}")}

CONFIG = """datalake_name: Large
datalake_start: 2023-01-01
datalake_end: 2025-01-01
database: {url}
nodes:
  prices: {{kind: table, table: by_{order}}}
target: prices
"""

QUERIES = {
    "count, mean, deviation by identifier": "select unique_identifier, count(*), avg(close), stddev(close) from prices group by all order by 3 desc limit 10",
    "traded value by month": "select date_trunc('month', time_index)::date as month, sum(close * volume) from prices group by all order by 1",
    "one identifier, high and low by day": "select date_trunc('day', time_index)::date as day, max(high), min(low) from prices where unique_identifier = 'ID000042' group by all order by 1 limit 10",
    "median by identifier": "select unique_identifier, median(vwap) from prices group by all order by 2 desc limit 10",
}


def fill(url: str, order: str, rows: int) -> None:
    """Makes a table of 8 columns with its primary key, rows in the order of time or of identifiers."""
    names = {"ids": max(1, rows // HOURS), "hours": HOURS}
    hour, name = (e.format(**names) for e in ORDERS[order])
    price = "floor(10000 * (50 + 100 * random())) / 10000"
    psql(url, f"set client_min_messages = warning; drop table if exists by_{order}")
    psql(url, f"""create unlogged table by_{order} as
        select timestamptz '2023-01-01 00:00+00' + {hour} * interval '1 hour' as time_index, 'ID' || lpad(({name})::text, 6, '0') as unique_identifier,
            {price} as open, {price} as high, {price} as low, {price} as close, (1e6 * random())::bigint as volume, 100 * random() as vwap
        from generate_series(0::bigint, {rows - 1}) k""")
    psql(url, f"alter table by_{order} add primary key (time_index, unique_identifier)")
    psql(url, f"vacuum analyze by_{order}")


def psql(url: str, *statements: str) -> str:
    """What statements print, values alone; each is a transaction of its own."""
    command = ["psql", "-q", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", url]
    for sql in statements:
        command += ["-c", sql]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def lake(bench: Bench, order: str) -> tuple[pathlib.Path, pathlib.Path]:
    """A config over a table, and the folder of its lake."""
    home = bench.work / f"large_by_{order}"
    home.mkdir(exist_ok=True)
    (home / "tdlake.yaml").write_text(CONFIG.format(url=bench.database(), order=order))
    return home / "tdlake.yaml", home / "lake"


def snapshot_job(bench: Bench, order: str) -> Job:
    config, folder = lake(bench, order)
    return Job([bench.tdlake, "--quiet", "snapshot", config], lambda: shutil.rmtree(folder, ignore_errors=True))


def copy_job(url: str, order: str) -> Job:
    return Job(["psql", "-X", url, "-c", f"copy (select * from by_{order}) to stdout (format binary)"], to_null=True)


def snapshots(bench: Bench) -> list[Line]:
    """a table of ten million rows, stored by time and by identifier"""
    url = bench.database()
    lines = []
    for order, goal in (("time", "at most 1.3"), ("identifier", "at most 2")):
        fill(url, order, bench.rows)
        jobs = {"ours": snapshot_job(bench, order), "psql": copy_job(url, order)}
        jobs["adbc"] = Job(bench.python("snapshot_adbc.py", url, f"by_{order}", bench.work / "adbc.parquet"))
        samples = alternate(bench.times, **jobs)
        ours, work = samples["ours"], f"{bench.rows:,} rows stored by {order}"
        lines.append(longer(5, work, ours, "psql copy to /dev/null", samples["psql"], goal))
        lines.append(longer(5, work, ours, "ADBC to Parquet", samples["adbc"], ""))
        bench.notes.append(f"row 5: by {order}, at most {ours.peak:.0f} MiB (asked for: under 400), ADBC {samples['adbc'].peak:.0f} MiB and {samples['adbc'].wall / samples['psql'].wall:.2f} times psql's time")
        if order == "identifier":
            psql(url, f"drop table by_{order}")
    return lines


def queries(bench: Bench) -> list[Line]:
    """queries over the lake of row 5, against the duckdb package on the same files"""
    config, folder = lake(bench, "time")
    if not folder.exists():
        fill(bench.database(), "time", bench.rows)
        run(snapshot_job(bench, "time"))
    (node,) = folder.glob("*/*_*/prices_*") if any(folder.glob("*/*_*/prices_*")) else folder.glob("*/*_*/by_time_*")
    starts = {"start": Job([bench.tdlake, "sql", config, "select 1"]), "their_start": Job(bench.python("query_duckdb.py", "select 1"))}
    start = alternate(max(9, bench.times), **starts)
    lines = [Line(6, 'start-up: sql "select 1"', seconds(start["start"].wall), seconds(start["start"].cpu), "python with duckdb", seconds(start["their_start"].wall), seconds(start["their_start"].cpu), f"{start['their_start'].wall / start['start'].wall:.1f} times as fast", "at most 0.060 s")]
    for name, query in QUERIES.items():
        # Start-ups take their turns with the queries: a machine's minutes differ by more than is to be told here.
        pair = alternate(bench.times, ours=Job([bench.tdlake, "sql", config, query]), theirs=Job(bench.python("query_duckdb.py", query, node)), **starts)
        ours, theirs = pair["ours"].wall - pair["start"].wall, pair["theirs"].wall - pair["their_start"].wall
        lines.append(Line(6, f"{name}, beyond start-up", seconds(ours), seconds(pair["ours"].cpu), "duckdb on the same files", seconds(theirs), seconds(pair["theirs"].cpu), times(ours, theirs), "at most 1.1"))
    return lines


def times(ours: float, theirs: float) -> str:
    """How many times as long, where both took longer than a start-up varies."""
    return f"{ours / theirs:.2f} times the time" if min(ours, theirs) > 0 else "too short to tell"
