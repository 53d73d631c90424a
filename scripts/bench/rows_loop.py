"""Row 10: a hundred points, by where they have their inputs from."""
import csv
import json
import pathlib
import shlex
import shutil
import statistics
import sys

from loop_points import ALPHAS, WINDOWS
from market import ALPHAS as GRID_ALPHAS, GRID
from measure import Job, Sample, alternate, run
from server_market import address, config, create
from settings import Bench
from table import Line, seconds

POINTS = [(window, alpha) for window in WINDOWS for alpha in ALPHAS]
# What is measured, and under which words; each pair is compared, the faster first.
NAMES = {
    "sweep": "100 points in one sweep", "lake": "100 runs from the lake", "postgres": "100 runs, from PostgreSQL each",
    "py memory": "Python loop, inputs read once", "py lake": "Python loop, the lake's files each", "py postgres": "Python loop, PostgreSQL each",
}
PAIRS = [("sweep", "postgres"), ("sweep", "lake"), ("lake", "postgres"), ("py memory", "py postgres"), ("py lake", "py postgres")]


def hundred_points(bench: Bench) -> list[Line]:
    """a hundred points with their inputs from PostgreSQL at each, from the lake at each, and from memory"""
    create(bench, "market")
    path = config(bench, "market")
    path.write_text(path.read_text().replace(GRID, str(list(WINDOWS))).replace(GRID_ALPHAS, str(list(ALPHAS))))
    run(Job([bench.tdlake, "--quiet", "snapshot", path]))
    (folder,) = (path.parent / "lake").glob("*/*_*")
    jobs = tdlake_jobs(bench, path, folder)
    times = min(bench.times, 3)
    samples = alternate(times, **jobs, **python_jobs(bench, folder))
    run(jobs["sweep"])
    agree(bench, path, folder)
    loops = {name: phases(sample) for name, sample in samples.items() if name.startswith("py ")}
    bench.notes.append(
        "row 10: reading alone takes the Python loop "
        + ", ".join(f"{loops[f'py {source}']['reading'] * 10:.1f} ms a point from {text}" for source, text in (("postgres", "PostgreSQL"), ("lake", "the lake's files")))
        + f"; the rest of a point, pivoting and regressions, {loops['py memory']['seconds'] * 10:.1f} ms"
    )
    bench.notes.append(
        f"row 10: medians of {times} runs; a run is a process for each point and writes the portfolio's rows; from PostgreSQL it writes a snapshot first. The sweep is one process, reads once "
        "and does once what points share. The Python loop, without its process's start, does the same work at every point (numba, tol 1e-4) wherever its "
        "inputs are, over one connection. The server is on the same machine and has all pages in memory"
    )
    wall = {name: loops[name]["seconds"] if name in loops else sample.wall for name, sample in samples.items()}
    cpu = {name: "" if name in loops else seconds(sample.cpu) for name, sample in samples.items()}
    return [Line(10, NAMES[a], seconds(wall[a]), cpu[a], NAMES[b], seconds(wall[b]), cpu[b], f"{wall[b] / wall[a]:.1f} times as fast") for a, b in PAIRS]


def tdlake_jobs(bench: Bench, path: pathlib.Path, folder: pathlib.Path) -> dict[str, Job]:
    """From nothing but the snapshot, or from nothing at all."""
    forget = lambda: [shutil.rmtree(found) for name in ("sweeps", "long_short_portfolio_*") for found in folder.glob(name)]
    return {
        "sweep": Job([bench.tdlake, "--quiet", "sweep", path, "--limit", "1"], forget),
        "lake": Job(loop(bench, path, "lake"), forget),
        "postgres": Job(loop(bench, path, "postgres"), lambda: shutil.rmtree(bench.work / "lakes", ignore_errors=True)),
    }


def loop(bench: Bench, path: pathlib.Path, source: str) -> list[object]:
    """A shell that runs tdlake for each point; from PostgreSQL, each with a lake that is not there yet."""
    (bench.work / f"runs_{source}").mkdir(exist_ok=True)
    commands = []
    for i, (window, alpha) in enumerate(POINTS):
        command = [bench.tdlake, "--quiet", "run", path, f"long_rolling_windows=[{window}]", f"lasso_alpha={alpha}", "--output", bench.work / f"runs_{source}" / f"{i}.csv"]
        if source == "postgres":
            command += ["--datalake-dir", bench.work / "lakes" / str(i)]
        commands.append(shlex.join(map(str, command)))
    return ["sh", "-ec", "\n".join(commands)]


def python_jobs(bench: Bench, folder: pathlib.Path) -> dict[str, Job]:
    return {f"py {source}": Job(python(bench, folder, source)) for source in ("memory", "lake", "postgres")}


def python(bench: Bench, folder: pathlib.Path, source: str, *more: object) -> list[object]:
    return bench.python("loop_points.py", folder, bench.market.long, bench.market.short, source, "--url", address(bench, "market"), *more)


def phases(sample: Sample) -> dict[str, float]:
    """What the Python loop says of itself: medians."""
    told = [json.loads(cost.out) for cost in sample.costs]
    return {name: statistics.median(t[name] for t in told) for name in ("reading", "seconds")}


def agree(bench: Bench, path: pathlib.Path, folder: pathlib.Path) -> None:
    """Times mean nothing unless the numbers agree: tdlake's to the bit, and with the Python loop's at tol 1e-10 to 1e-6."""
    query = "select long_rolling_windows, lasso_alpha, total_return from points"
    points = {(p["long_rolling_windows"], p["lasso_alpha"]): p["total_return"] for p in json.loads(run(Job([bench.tdlake, "sql", path, query, "--format", "json"])).out)}
    exact = json.loads(run(Job(python(bench, folder, "lake", "--tol", "1e-10"))).out)["totals"]
    for i, at in enumerate(POINTS):
        runs = {source: last_value(bench.work / f"runs_{source}" / f"{i}.csv") for source in ("lake", "postgres")}
        if set(runs.values()) != {1 + points[at]} or not abs(points[at] - exact[i]) < 1e-6:
            sys.exit(f"row 10: window {at[0]}, alpha {at[1]}: the sweep has {1 + points[at]}, runs {runs}, Python {1 + exact[i]}")


def last_value(path: pathlib.Path) -> float:
    with path.open() as file:
        return float([row["portfolio"] for row in csv.DictReader(file)][-1])
