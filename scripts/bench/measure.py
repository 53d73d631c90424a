"""Runs programs and says what they took. Alternatives take turns, A B A B, each after one run that isn't counted."""
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cost:
    """What one run of a program took, and what it printed."""

    wall: float  # seconds
    cpu: float  # seconds on all processors, of the program alone
    peak: float  # MiB of memory
    out: str
    err: str


@dataclass(frozen=True)
class Job:
    """A program to measure: its command line, and what to do before each run."""

    command: Sequence[object]
    before: Callable[[], object] = lambda: None
    to_null: bool = False  # its output goes to /dev/null, as in a shell
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """Several runs of one job."""

    costs: list[Cost]

    @property
    def wall(self) -> float:
        return statistics.median(c.wall for c in self.costs)

    @property
    def cpu(self) -> float:
        return statistics.median(c.cpu for c in self.costs)

    @property
    def peak(self) -> float:
        return max(c.peak for c in self.costs)

    @property
    def out(self) -> str:
        return self.costs[-1].out


def run(job: Job) -> Cost:
    """Runs a job once, whole process, and ends everything with its words if it fails."""
    job.before()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        command = [str(word) for word in job.command]
        begin = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL if job.to_null else out, stderr=err, env={**os.environ, **job.env}
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} exited with {process.returncode}:\n{texts[1]}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # of ru_maxrss in a MiB
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, *texts)


def alternate(times: int, **jobs: Job) -> dict[str, Sample]:
    """Runs each job once without counting, then all of them in turn, several times."""
    for job in jobs.values():
        run(job)
    costs: dict[str, list[Cost]] = {name: [] for name in jobs}
    for _ in range(times):
        for name, job in jobs.items():
            costs[name].append(run(job))
    return {name: Sample(c) for name, c in costs.items()}
