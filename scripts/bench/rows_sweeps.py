"""Rows 1, 2, 7 and 8: sweeps of a long/short portfolio, whole processes."""
import json
import pathlib
import shutil
import statistics
import sys

import pandas as pd
from measure import Job, alternate, run
from settings import Bench
from table import Line, faster, seconds

NAIVE_POINTS = ("60:1e-4", "220:1e-5", "400:1e-5", "560:1e-4", "700:1e-3")  # a point costs about the same whatever its window


def four_dimensions(bench: Bench) -> list[Line]:
    """27,225 portfolios against numba"""
    m, out = bench.market, bench.work / "numba.parquet"
    grid = m.four_dimensions("grid")
    jobs = {"ours": m.sweep(grid)}
    for tol in ("1e-4", "1e-10"):
        jobs[tol] = Job(bench.python("numba_sweep.py", m.folder, m.long, m.short, "--tol", tol, "--out", out))
        if script := bench.baseline("numba_long_short.py"):
            command = [sys.executable, script, real_folder(m.config), "--grid", "4d", "--tol", tol, "--out", bench.work / "baseline.parquet"]
            jobs[f"{tol}, of BASELINES"] = Job(command)
    samples = alternate(bench.times, **jobs)
    agree(bench, grid, out)
    phases = json.loads(samples["1e-4"].out)
    bench.notes.append(
        f"row 1: numba's phases at tol 1e-4 are {phases['load']:.2f} s of reading, {phases['regressions']:.2f} s of regressions, {phases['portfolios']:.2f} s of "
        f"total_return, {phases['portfolios'] / phases['points'] * 1e6:.1f} us a point; the rest is Python's start and imports"
    )
    goal = lambda name: "at least 30" if "1e-10" in name else "at least 5"
    return [faster(1, "27,225 points, 9 metrics", samples["ours"], f"numba, tol {name}", s, goal(name)) for name, s in samples.items() if name != "ours"]


def real_folder(config: pathlib.Path) -> str:
    """The folder of the files that a config's database is."""
    (line,) = [line for line in config.read_text().splitlines() if line.startswith("database: files:")]
    return line.removeprefix("database: files:").split(" #")[0].strip()


def agree(bench: Bench, grid: pathlib.Path, theirs: pathlib.Path) -> None:
    """Times mean nothing unless the numbers agree: with numba's at tol 1e-10, which ran last, to 1e-6."""
    ours = bench.work / "ours.parquet"
    query = "select long_rolling_windows as long_window, long_alpha, short_rolling_windows as short_window, short_alpha, total_return, rows from points order by 1, 2, 3, 4"
    run(Job([bench.tdlake, "--quiet", "sql", grid, query, "--output", ours]))
    keys = ["long_window", "long_alpha", "short_window", "short_alpha"]
    a, b = pd.read_parquet(ours), pd.read_parquet(theirs).sort_values(keys, ignore_index=True)
    off = (a.total_return - b.total_return).abs().max()
    if len(a) != len(b) or not (a.rows == b.rows).all() or not off < 1e-6:
        sys.exit(f"tdlake and numba disagree: {len(a)} and {len(b)} points, total_return off by {off}, rows equal: {(a.rows == b.rows).mean():.3f}")
    bench.notes.append(f"row 1: tdlake and numba at tol 1e-10 agree in rows at every point, and in total_return to {off:.0e}")


def two_dimensions(bench: Bench) -> list[Line]:
    """165 portfolios against a loop of scikit-learn"""
    m = bench.market
    ours = m.sweep(m.config)
    samples = alternate(bench.times, ours=ours)
    naive = [json.loads(run(Job(bench.python("naive_sweep.py", m.folder, m.long, m.short, point))).out) for point in NAIVE_POINTS]
    check_naive(bench, naive)
    loop = 165 * statistics.mean(p["seconds"] for p in naive)
    lines = [against_loop(samples["ours"].wall, samples["ours"].cpu, "scikit-learn loop", loop)]
    if script := bench.baseline("naive_long_short.py"):
        points = [run(Job([sys.executable, script, real_folder(m.config), "--points", p])).out for p in NAIVE_POINTS]
        took = [p["read_s"] + p["compute_s"] for p in map(json.loads, points)]
        lines.append(against_loop(samples["ours"].wall, samples["ours"].cpu, "scikit-learn loop, of BASELINES", 165 * statistics.mean(took)))
    if script := bench.baseline("numba_long_short.py"):
        pair = alternate(bench.times, ours=ours, numba=Job([sys.executable, script, real_folder(m.config), "--grid", "2d"]))
        lines.append(faster(2, "165 points", pair["ours"], "numba, tol 1e-4, of BASELINES", pair["numba"], ""))
    bench.notes.append(f"row 2: the loop's time is extrapolated from {len(NAIVE_POINTS)} points, each run once")
    return lines


def against_loop(wall: float, cpu: float, name: str, loop: float) -> Line:
    return Line(2, "165 points", seconds(wall), seconds(cpu), name, seconds(loop), "", f"{loop / wall:,.0f} times as fast", "at least 2,500")


def check_naive(bench: Bench, points: list[dict[str, float]]) -> None:
    """The numbers must agree before times mean anything; scikit-learn stops at its default tolerance, so to 1e-3."""
    query = "select long_rolling_windows as w, lasso_alpha as alpha, total_return, rows from points"
    ours = {(p["w"], p["alpha"]): p for p in json.loads(run(Job([bench.tdlake, "sql", bench.market.config, query, "--format", "json"])).out)}
    for p in points:
        mine = ours[p["window"], p["alpha"]]
        if abs(mine["total_return"] - p["total_return"]) > 1e-3 or mine["rows"] != p["rows"]:
            sys.exit(f"window {p['window']}, alpha {p['alpha']}: tdlake {mine}, naive {p}")


def again(bench: Bench) -> list[Line]:
    """a finished sweep once more, and a stored node"""
    m = bench.market
    grid = m.four_dimensions("grid")
    run(m.sweep(m.config))
    run(m.sweep(grid, new=False))
    node = [bench.tdlake, "--quiet", "run", m.config, "portfolio", "--output", bench.work / "portfolio.csv"]
    samples = alternate(bench.times, small=m.sweep(m.config, new=False), large=m.sweep(grid, new=False), node=Job(node))
    works = {"small": "165 finished points again", "large": "27,225 finished points again", "node": "run of a stored node"}
    return [Line(7, works[k], seconds(s.wall), seconds(s.cpu), goal="under 0.15 s") for k, s in samples.items()]


def one_more_window(bench: Bench) -> list[Line]:
    """window 70 added to finished sweeps"""
    m = bench.market
    windows = sorted([*range(60, 720, 20), 70])
    wider = f"long_rolling_windows={windows}"
    grid = m.four_dimensions("grid")
    lines = []
    for config, work, new in ((m.config, "165 points", 5), (grid, "27,225 points", 825)):
        whole = alternate(bench.times, whole=m.sweep(config))["whole"]
        finished = bench.work / "finished"
        shutil.copytree(m.points, finished)

        def restore() -> None:
            m.forget()
            shutil.copytree(finished, m.points)

        pair = alternate(bench.times, again=Job(m.sweep(config, new=False).command, restore), more=Job(m.sweep(config, wider, new=False).command, restore))
        share = 1 / 33  # of the long windows, and so of the points
        bound = pair["again"].wall + 1.5 * share * whole.wall
        lines.append(Line(8, f"window 70 added to {work}: {new} more", seconds(pair["more"].wall), seconds(pair["more"].cpu), "row 7 + 1.5 x share", seconds(bound), "", f"{pair['more'].wall / bound:.2f} times the time", "at most 1"))
        shutil.rmtree(finished)
    return lines
