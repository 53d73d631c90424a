"""Row 9: one new day in the tables of a database."""
import shutil
import sys

from measure import Job, alternate, run
from rows_database import psql
from server_market import add, address, config, copy, create, query
from settings import Bench
from table import Line, Unavailable, faster

DAYS = 500  # that the tables hold when the new one comes
TABLES = "select distinct table_name from tdlake.nodes where columns is not null order by 1"
WRITTEN = "select sum(rows_written) from tdlake.updates where run = (select max(run) from tdlake.runs)"


def one_new_day(bench: Bench) -> list[Line]:
    """a tree of nodes in PostgreSQL after one new day, against computing all of it again"""
    prepare(bench)
    jobs = {"updated": update(bench, "updated", "day_before"), "again": update(bench, "again", "bare"), "run": from_nothing(bench)}
    samples = alternate(bench.times, **jobs)
    agree(bench)
    rows = {name: int(psql(address(bench, name), WRITTEN)) for name in ("updated", "again")}
    bench.notes.append(
        f"row 9: for the new day {rows['updated']:,} rows are written, for all days {rows['again']:,}; both begin with a fresh copy of their database and leave "
        "the same tables, bit for bit; run computes the target alone, from a new snapshot, and writes nothing to the database"
    )
    against = {"again": "update of empty tables", "run": "run from nothing"}
    return [faster(9, f"one new day after {DAYS}, the whole tree", samples["updated"], text, samples[name], "") for name, text in against.items()]


def prepare(bench: Bench) -> None:
    """Makes the databases that are copied: in one, prices have a day more than tdlake's tables; in the other there are no such tables."""
    first = "select distinct time_index::text from prices where time_index >= '2022-08-01' order by 1"
    days = [day for day, in query(bench.market, first).fetchall()]
    if len(days) < DAYS + 2:
        raise Unavailable(f"the market has {len(days)} days since datalake_start, of {DAYS + 2}")
    day_before, today, tomorrow = days[DAYS - 1 : DAYS + 2]
    create(bench, "day_before", f"time_index < '{day_before}'")
    run(Job(command(bench, "day_before")))
    add(bench, "day_before", between(day_before, today))  # by itself, as all of them came
    run(Job(command(bench, "day_before")))
    add(bench, "day_before", between(today, tomorrow))
    create(bench, "bare", f"time_index < '{tomorrow}'")


def between(start: str, end: str) -> str:
    return f"time_index >= '{start}' and time_index < '{end}'"


def command(bench: Bench, database: str) -> list[object]:
    return [bench.tdlake, "--quiet", "update", config(bench, database), "--break-after-one-update"]


def update(bench: Bench, database: str, template: str) -> Job:
    return Job(command(bench, database), lambda: copy(bench, database, template))


def from_nothing(bench: Bench) -> Job:
    """The target alone, as of the same rows, from a new snapshot."""
    path = config(bench, "bare")
    return Job([bench.tdlake, "--quiet", "run", path, "--output", bench.work / "portfolio.csv"], lambda: shutil.rmtree(path.parent / "lake", ignore_errors=True))


def agree(bench: Bench) -> None:
    """The tables must be the same before times mean anything."""
    for table in psql(address(bench, "again"), TABLES).split():
        digest = f'select count(*), sum(hashtextextended(t::text, 0)) from tdlake."{table}" t'
        a, b = (psql(address(bench, name), digest) for name in ("updated", "again"))
        if a != b:
            sys.exit(f"row 9: table {table} is not the same, updated by a day and computed again: {a} and {b}")
