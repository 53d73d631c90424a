"""Times tdlake and its alternatives on one snapshot and prints ratios. Called by scripts/bench.sh.

Each of tdlake's times is the median of several whole processes. The naive loop is timed on a few points and extrapolated to 165: a point
costs about the same whatever its window.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
POINTS = "60:1e-4,400:1e-5,700:1e-3"


def timed(command, cwd=None):
    began = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return seconds, done.stdout


def median(command, times, before=lambda: None):
    seconds = []
    for _ in range(times):
        before()
        seconds.append(timed(command)[0])
    return statistics.median(seconds)


def prepare(tdlake, work, data):
    """Writes the demonstration's config, with the real folder as its database where there is one."""
    timed([tdlake, "demo", work])
    config = work / "tdlake.yaml"
    if data:
        text = config.read_text().replace("duckdb:market.duckdb", f"files:{data.resolve()}")
        config.write_text(text.replace("XFN", "XLF").replace("XEN", "XLE"))
        shutil.rmtree(work / "lake")
        timed([tdlake, "snapshot", config])
    (folder,) = (work / "lake").glob("*/*_*")
    return config, folder


def naive(folder, long, short):
    python = sys.executable
    _, out = timed([python, HERE / "naive_sweep.py", folder, long, short, POINTS])
    return [json.loads(line) for line in out.splitlines()]


def check(tdlake, config, points):
    """The numbers must agree before times mean anything; scikit-learn stops at its default tolerance, so to 1e-3."""
    _, out = timed([tdlake, "sql", config, "select long_rolling_windows as window, lasso_alpha as alpha, total_return from points", "--format", "json"])
    ours = {(p["window"], p["alpha"]): p["total_return"] for p in json.loads(out)}
    for p in points:
        mine = ours[p["window"], p["alpha"]]
        if abs(mine - p["total_return"]) > 1e-3:
            sys.exit(f"window {p['window']}, alpha {p['alpha']}: tdlake {mine}, naive {p['total_return']}")


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--tdlake", type=pathlib.Path, required=True)
    args.add_argument("--work", type=pathlib.Path, required=True)
    args.add_argument("--data", type=pathlib.Path)
    args.add_argument("--baselines", type=pathlib.Path)
    o = args.parse_args()
    tdlake = o.tdlake.resolve()
    config, folder = prepare(tdlake, o.work, o.data)
    long, short = ("XLF", "XLE") if o.data else ("XFN", "XEN")
    forget = lambda: shutil.rmtree(folder / "sweeps", ignore_errors=True)

    sweep = [tdlake, "--quiet", "sweep", config, "--limit", "1"]
    first = median(sweep, 5, before=forget)
    again = median(sweep, 5)
    version = median([tdlake, "--version"], 9)
    points = naive(folder, long, short)
    check(tdlake, config, points)
    loop = 165 * statistics.mean(p["seconds"] for p in points)

    print(f"165 points, {'real prices' if o.data else 'demonstration'}, whole process from a snapshot")
    print(f"  tdlake                     {first:9.3f} s")
    print(f"  naive loop, extrapolated   {loop:9.1f} s   {loop / first:9.0f} times as long")
    if o.baselines and o.data:
        script = o.work / "numba_long_short.py"
        shutil.copy(o.baselines / script.name, script)
        command = [sys.executable, script, o.data, "--out", o.work / "points.parquet"]
        timed(command)  # numba compiles
        fast = median(command, 3)
        print(f"  numba                      {fast:9.3f} s   {fast / first:9.2f} times as long")
    print(f"second run of a finished sweep {again:7.3f} s")
    print(f"tdlake --version             {1000 * version:9.1f} ms")


if __name__ == "__main__":
    main()
