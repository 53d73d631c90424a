"""Row 4: what a point costs, from ten thousand to a million."""
import itertools
import re
import statistics

from measure import Cost, Sample, alternate
from settings import Bench
from table import Line, micros, seconds

LONG, ALPHAS = "{range: [60, 460, 4]}", "{logspace: [1e-5, 1e-2, 10]}"
SHORT = {10_000: ("[60, 460]", "{logspace: [1e-5, 1e-2, 5]}"), 100_000: ("{range: [60, 460, 40]}", ALPHAS), 1_000_000: (LONG, ALPHAS)}


def million(bench: Bench) -> list[Line]:
    """ten thousand to a million points, what one costs beyond the regressions"""
    lines = []
    rest: dict[int, float] = {}
    for points, (windows, alphas) in SHORT.items():
        config = bench.market.four_dimensions(f"points{points}", LONG, ALPHAS, windows, alphas)
        job = bench.market.sweep(config, "--stats", "--memory", "1GiB")
        times = bench.times if points < 1_000_000 else min(bench.times, 3)
        sample = alternate(times, ours=job)["ours"]
        rest[points] = beyond_nodes(sample)
        lines.append(Line(4, f"{points:,} points, whole process", seconds(sample.wall), seconds(sample.cpu), "a point beyond the nodes", micros(rest[points] / points), "", f"{sample.peak:.0f} MiB at most", "4 us; 1024 MiB"))
        if times < bench.times:
            bench.notes.append(f"row 4: {points:,} points are the median of {times} runs")
    bench.market.forget()
    for few, many in itertools.pairwise(rest):
        each = (rest[many] - rest[few]) / (many - few)
        lines.append(Line(4, f"each point more, from {few:,} to {many:,}", micros(each), goal="4 us"))
    return lines


def beyond_nodes(sample: Sample) -> float:
    """Seconds that the regressions, and what comes before them, do not account for."""
    return statistics.median(c.wall - regressions(c) for c in sample.costs)


def regressions(cost: Cost) -> float:
    found = re.search(r"computing regressions +([0-9.]+) s", cost.err)
    return float(found.group(1)) if found else 0.0
