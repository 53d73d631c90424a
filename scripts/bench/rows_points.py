"""Row 4: what a point costs, from ten thousand to a million."""
import re

from measure import Cost, Sample, alternate
from settings import Bench
from table import Line, micros, seconds

LONG, ALPHAS = "{range: [60, 460, 4]}", "{logspace: [1e-5, 1e-2, 10]}"
SHORT = {10_000: ("[60, 460]", "{logspace: [1e-5, 1e-2, 5]}"), 100_000: ("{range: [60, 460, 40]}", ALPHAS), 1_000_000: (LONG, ALPHAS)}


def million(bench: Bench) -> list[Line]:
    """ten thousand to a million points, what one costs beyond the regressions"""
    lines = []
    for points, (windows, alphas) in SHORT.items():
        config = bench.market.four_dimensions(f"points{points}", LONG, ALPHAS, windows, alphas)
        job = bench.market.sweep(config, "--stats", "--memory", "1GiB")
        times = bench.times if points < 1_000_000 else min(bench.times, 3)
        sample = alternate(times, ours=job)["ours"]
        each = beyond_nodes(sample, points)
        lines.append(Line(4, f"{points:,} points, whole process", seconds(sample.wall), seconds(sample.cpu), "a point beyond the nodes", micros(each), "", f"{sample.peak:.0f} MiB at most", "4 us; 1024 MiB"))
        if times < bench.times:
            bench.notes.append(f"row 4: {points:,} points are the median of {times} runs")
    bench.market.forget()
    return lines


def beyond_nodes(sample: Sample, points: int) -> float:
    """Seconds a point that the regressions, and what comes before them, do not account for."""
    rest = sorted(c.wall - regressions(c) for c in sample.costs)
    return rest[len(rest) // 2] / points


def regressions(cost: Cost) -> float:
    found = re.search(r"computing regressions +([0-9.]+) s", cost.err)
    return float(found.group(1)) if found else 0.0
