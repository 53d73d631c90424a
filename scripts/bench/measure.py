"""Runs programs and says what they took. Alternatives take turns, A B A B, each after one run that isn't counted."""
import ast
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


# Starts a program, waits for it and says what it took. It is a process of its own because a program's peak memory counts from that of
# the process it is started by, and this one may be large.
STARTER = """
import os, sys, time
os.set_inheritable(int(sys.argv[1]), False)
begin = time.perf_counter()
_, status, usage = os.wait4(os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ), 0)
wall = time.perf_counter() - begin
os.write(int(sys.argv[1]), repr((wall, status, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)).encode())
"""


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
        result, told = os.pipe()
        starter = [sys.executable, "-I", "-S", "-c", STARTER, str(told), *command]
        to = subprocess.DEVNULL if job.to_null else out
        process = subprocess.run(starter, stdin=subprocess.DEVNULL, stdout=to, stderr=err, env={**os.environ, **job.env}, pass_fds=[told])
        os.close(told)
        with os.fdopen(result) as pipe:
            words = pipe.read()
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    if process.returncode != 0:
        sys.exit(f"{command[0]} could not be started:\n{texts[1]}")
    wall, status, cpu, peak = ast.literal_eval(words)
    if code := os.waitstatus_to_exitcode(status):
        sys.exit(f"{' '.join(command)} exited with {code}:\n{texts[1]}")
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # of ru_maxrss in a MiB
    return Cost(wall, cpu, peak / unit, *texts)


def alternate(times: int, **jobs: Job) -> dict[str, Sample]:
    """Runs each job once without counting, then all of them in turn, several times."""
    for job in jobs.values():
        run(job)
    costs: dict[str, list[Cost]] = {name: [] for name in jobs}
    for _ in range(times):
        for name, job in jobs.items():
            costs[name].append(run(job))
    return {name: Sample(c) for name, c in costs.items()}
