"""The table that make bench prints: a line a comparison, in Markdown."""
from collections.abc import Iterable
from dataclasses import dataclass

from measure import Sample

HEAD = ("row", "work", "tdlake", "CPU", "against", "takes", "CPU", "ratio", "asked for")


class Unavailable(Exception):
    """A row that cannot be run here, and why."""


@dataclass(frozen=True)
class Line:
    """One comparison, as text."""

    row: int
    work: str
    ours: str
    ours_cpu: str = ""
    against: str = ""
    theirs: str = ""
    theirs_cpu: str = ""
    ratio: str = ""
    goal: str = ""

    def cells(self) -> tuple[str, ...]:
        return (str(self.row), self.work, self.ours, self.ours_cpu, self.against, self.theirs, self.theirs_cpu, self.ratio, self.goal)


def seconds(value: float) -> str:
    """Seconds with three figures or so."""
    return f"{value:.3f} s" if value < 10 else f"{value:.1f} s"


def micros(value: float) -> str:
    """Microseconds, of a value in seconds."""
    return f"{value * 1e6:.2f} us" if value < 100e-6 else f"{value * 1e6:.0f} us"


def faster(row: int, work: str, ours: Sample, against: str, theirs: Sample, goal: str) -> Line:
    """A line that says how many times longer the other takes."""
    ratio = f"{theirs.wall / ours.wall:.1f} times as fast"
    return Line(row, work, seconds(ours.wall), seconds(ours.cpu), against, seconds(theirs.wall), seconds(theirs.cpu), ratio, goal)


def longer(row: int, work: str, ours: Sample, against: str, theirs: Sample, goal: str) -> Line:
    """A line that says how many times as long tdlake takes."""
    ratio = f"{ours.wall / theirs.wall:.2f} times the time"
    return Line(row, work, seconds(ours.wall), seconds(ours.cpu), against, seconds(theirs.wall), seconds(theirs.cpu), ratio, goal)


def write(lines: Iterable[Line]) -> str:
    """All lines as a table whose columns line up."""
    rows = [HEAD, *(line.cells() for line in lines)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(HEAD))]
    show = lambda row: "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
    return "\n".join([show(HEAD), "|" + "|".join("-" * (width + 2) for width in widths) + "|", *map(show, rows[1:])])
