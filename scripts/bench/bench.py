"""Measures tdlake against what a researcher could use instead, each row of the table beside its baseline in the same minutes, and prints
the table. Called by scripts/bench.sh, which says how to choose rows.
"""
import argparse
import datetime
import os
import pathlib
import platform
import subprocess
import sys
import time
from collections.abc import Callable

import growth
import market
import rows_database
import rows_lasso
import rows_loop
import rows_points
import rows_sweeps
import rows_update
from settings import Bench
from table import Line, Unavailable, write

ROWS: dict[str, Callable[[Bench], list[Line]]] = {
    "1": rows_sweeps.four_dimensions,
    "2": rows_sweeps.two_dimensions,
    "3": rows_lasso.one_node,
    "5": rows_database.snapshots,
    "6": rows_database.queries,
    "7": rows_sweeps.again,
    "8": rows_sweeps.one_more_window,
    "9": rows_update.one_new_day,
    "10": rows_loop.hundred_points,
    "4": rows_points.million,  # the longest comes last
}


def machine() -> str:
    """The processor, as its maker calls it, and how many of its cores there are."""
    model = platform.processor() or platform.machine()
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores"


def load() -> str:
    return "{:.1f}".format(os.getloadavg()[0])


def options() -> Bench:
    args = argparse.ArgumentParser()
    args.add_argument("--tdlake", type=pathlib.Path, required=True)
    args.add_argument("--repository", type=pathlib.Path, required=True)
    args.add_argument("--work", type=pathlib.Path, required=True)
    args.add_argument("--data", type=pathlib.Path)
    args.add_argument("--baselines", type=pathlib.Path)
    args.add_argument("--only", default=",".join(ROWS))
    args.add_argument("--rows", type=int, default=10_000_000)
    args.add_argument("--times", type=int, default=5)
    args.add_argument("--minutes", type=float, default=45)
    o = args.parse_args()
    only = [name.strip() for name in o.only.split(",")]
    if unknown := [name for name in only if name not in ROWS and name != "growth"]:
        args.error(f"there is no row {unknown[0]}: {', '.join(ROWS)}, growth")
    made = market.prepare(o.tdlake.resolve(), o.work, o.data)
    return Bench(o.tdlake.resolve(), o.repository, o.work, made, o.baselines, only, o.rows, o.times, o.minutes)


def main() -> None:
    bench = options()
    begin, before = time.perf_counter(), load()
    lines: list[Line] = []
    missing: list[str] = []
    failed: list[str] = []
    with bench:
        for name, measure in ROWS.items():
            if name not in bench.only:
                continue
            if time.perf_counter() - begin > 60 * bench.minutes:
                missing.append(f"row {name} was not begun: {bench.minutes:g} minutes were over (BENCH_MINUTES allows more)")
                continue
            print(f"row {name}: {measure.__doc__.splitlines()[0]}", file=sys.stderr, flush=True)
            try:
                lines += measure(bench)
            except Unavailable as why:
                missing.append(f"row {name} could not be run here: {why}")
            except (SystemExit, subprocess.CalledProcessError) as why:
                failed.append(f"row {name} failed: {why}")
        prices = "real prices" if bench.market.real else "the demonstration's market"
        print(f"{machine()}; {datetime.date.today()}; {prices}; medians of {bench.times} runs, each after one that isn't counted")
        print(f"load {before} before, {load()} after {time.perf_counter() - begin:.0f} s; CPU is the client's own on all cores\n")
        if lines:
            print(write(sorted(lines, key=lambda line: line.row)))
        for note in [*bench.notes, *missing]:
            print(f"- {note}")
        if "growth" in bench.only:
            print("\n" + growth.tables(bench))
    if failed:
        sys.exit("\n".join(failed))  # the other rows' figures stand


if __name__ == "__main__":
    main()
