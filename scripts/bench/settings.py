"""What all rows share: the program, the folders, and what is made once and used by several."""
import pathlib
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

from market import Market
from table import Unavailable

HERE = pathlib.Path(__file__).parent


@dataclass
class Bench:
    """One run of make bench."""

    tdlake: pathlib.Path
    repository: pathlib.Path
    work: pathlib.Path
    market: Market
    baselines: pathlib.Path | None
    only: list[str]
    rows: int
    times: int
    minutes: float  # after which no more rows are begun
    notes: list[str] = field(default_factory=list)
    server: subprocess.Popen[str] | None = None
    url: str = ""

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        """Stops the PostgreSQL server, which ends with its standard input."""
        if self.server:
            self.server.stdin.close()
            self.server.wait()

    def python(self, script: str, *args: object) -> list[object]:
        """The command line of a script of this folder."""
        return [sys.executable, HERE / script, *args]

    def baseline(self, script: str) -> pathlib.Path | None:
        """A copy of a script of BASELINES, in a folder that may be written to; None where there is none for the data at hand."""
        if not self.baselines or not self.market.real or not (self.baselines / script).exists():
            return None
        (self.work / "baselines").mkdir(exist_ok=True)
        return pathlib.Path(shutil.copy(self.baselines / script, self.work / "baselines"))

    def database(self) -> str:
        """The address of a throw-away PostgreSQL database, started when first asked for."""
        if not self.server:
            if not shutil.which("psql"):
                raise Unavailable("there is no psql")
            program = self.work / "postgres"
            subprocess.run(["go", "build", "-o", program, "./scripts/bench/postgres"], cwd=self.repository, check=True)
            self.server = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.url = self.server.stdout.readline().strip()
        if not self.url:
            raise Unavailable("the PostgreSQL server did not start (scripts/install-postgres.sh installs it)")
        return self.url
