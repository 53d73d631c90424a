"""Row 3: one lasso node, what a day costs."""
import importlib.util
import json
import re
import subprocess

from measure import Job, Sample, alternate
from settings import Bench
from table import Line, micros

WINDOW, ALPHA = 400, "1e-5"
ONE_CORE = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "GOMAXPROCS")}


def one_node(bench: Bench) -> list[Line]:
    """a rolling lasso of the long fund, window 400, alpha 1e-5, a day"""
    m = bench.market
    program = bench.work / "cli.test"
    subprocess.run(["go", "test", "-c", "-o", program, "./internal/cli"], cwd=bench.repository, check=True)
    ours = [program, "-test.run", "^$", "-test.bench", "^BenchmarkLassoNode$", "-test.benchtime", "100x"]
    jobs = {"ours": Job(ours, env={**ONE_CORE, "TDLAKE_BENCH_CONFIG": str(m.config)})}
    for name in ("sklearn", "glmnet"):
        if importlib.util.find_spec(name):
            jobs[name] = Job(bench.python("lasso_days.py", name, m.folder, m.long, WINDOW, ALPHA), env=ONE_CORE)
    samples = alternate(bench.times, **jobs)
    shape = json.loads(samples["sklearn"].out)
    bench.notes.append(
        f"row 3: {shape['days']} days, {shape['columns']} columns of which {shape['active']} active on the last day; tdlake's is the whole node from its inputs, "
        "memberships, sums and result included, in process; the others' is the fit alone, one penalty a day, from nothing"
    )
    if "glmnet" not in jobs:
        bench.notes.append("row 3: no glmnet: python-glmnet does not install here")
    day = median_of(samples["ours"], "us/day") * 1e-6
    fit = median_of(samples["ours"], "us/fit") * 1e-6
    lines = []
    for name, goal in (("sklearn", "at least 350"), ("glmnet", "at least 20")):
        if name in jobs:
            theirs = sorted(json.loads(c.out)["seconds"] for c in samples[name].costs)[bench.times // 2]
            label = {"sklearn": "scikit-learn", "glmnet": "glmnet"}[name]
            lines.append(Line(3, "one lasso node, a day", micros(day), "", label, micros(theirs), "", f"{theirs / day:.0f} times as fast", goal))
    bench.notes.append(f"row 3: once another node shares the memberships and sums, a day takes tdlake {micros(fit)}")
    return lines


def median_of(sample: Sample, unit: str) -> float:
    """The median of a figure that a Go benchmark reports."""
    figures = sorted(float(re.search(rf"([0-9.e+-]+) {unit}", c.out).group(1)) for c in sample.costs)
    return figures[len(figures) // 2]
