"""How cost grows with points, nodes and rows, and the straight lines that explain it. Not among the table's rows: BENCH_ONLY=growth."""
import numpy as np
from market import Market
from measure import alternate
from rows_database import copy_job, fill, snapshot_job
from rows_points import ALPHAS, LONG, SHORT, regressions
from settings import Bench

TIMES = 3
POINTS = {1_000: ("[60]", "[1e-4]"), **SHORT}
NODES = {100: ("{range: [60, 260, 20]}", ALPHAS), 1_000: (LONG, ALPHAS), 10_000: ("{range: [60, 460]}", "{logspace: [1e-5, 1e-2, 25]}")}
ROWS = (100_000, 1_000_000, 10_000_000)


def tables(bench: Bench) -> str:
    """All three tables, as text."""
    parts = [points(bench.market), nodes(bench.market)]
    parts.append(rows(bench))
    return "\n\n".join(parts)


def points(m: Market) -> str:
    """Points over the same kinds of nodes: seconds beyond the regressions."""
    sizes, took, peaks = [], [], []
    for size, (windows, alphas) in POINTS.items():
        sample = alternate(TIMES, ours=m.sweep(m.four_dimensions(f"growth{size}", LONG, ALPHAS, windows, alphas), "--stats", "--memory", "1GiB"))["ours"]
        rest = sorted(c.wall - regressions(c) for c in sample.costs)
        sizes.append(size)
        took.append(rest[len(rest) // 2])
        peaks.append(f"{sample.peak:.0f} MiB")
    return show("points", sizes, took, peaks, "beyond the regressions")


def nodes(m: Market) -> str:
    """Distinct regressions, each with one point: the whole process."""
    sizes, took, peaks = [], [], []
    for size, (windows, alphas) in NODES.items():
        sample = alternate(TIMES, ours=m.sweep(m.four_dimensions(f"nodes{size}", windows, alphas, "[60]", "[1e-4]")))["ours"]
        sizes.append(size)
        took.append(sample.wall)
        peaks.append(f"{sample.peak:.0f} MiB")
    return show("regressions", sizes, took, peaks, "whole process")


def rows(bench: Bench) -> str:
    """Rows of a table in PostgreSQL, stored by time: the whole snapshot; the largest measured is --rows, 1e8 is the model's."""
    sizes, took, peaks = [], [], []
    for size in (s for s in ROWS if s <= bench.rows):
        fill(bench.database(), "time", size)
        samples = alternate(TIMES, ours=snapshot_job(bench, "time"), psql=copy_job(bench.database(), "time"))
        sizes.append(size)
        took.append(samples["ours"].wall)
        peaks.append(f"{samples['ours'].peak:.0f} MiB; psql {samples['psql'].wall:.2f} s")
    return show("rows", sizes, took, peaks, "snapshot", predict=100_000_000)


def show(what: str, sizes: list[int], took: list[float], peaks: list[str], of: str, predict: int = 0) -> str:
    """A table and the line a + b n that fits it best, each size weighing the same."""
    weights = 1 / np.array(took)
    design = np.stack([np.ones(len(sizes)), np.array(sizes, float)], axis=1) * weights[:, None]
    (fixed, each), *_ = np.linalg.lstsq(design, np.ones(len(sizes)), rcond=None)
    lines = [f"| {what} | {of} | model | at most |", "|---|---|---|---|"]
    for size, seconds, peak in zip(sizes, took, peaks):
        lines.append(f"| {size:,} | {seconds:.3f} s | {fixed + each * size:.3f} s | {peak} |")
    if predict:
        lines.append(f"| {predict:,} | not measured | {fixed + each * predict:.0f} s | |")
    return "\n".join([*lines, "", f"model: {fixed:.3f} s + {each * 1e6:.3f} us x {what}"])
