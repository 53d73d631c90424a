"""The data of the sweeps: the demonstration's market, or real prices, as a snapshot that tdlake made, and configs over it."""
import pathlib
import shutil
from dataclasses import dataclass

from measure import Job, run

BUILTINS = ("total_return", "annual_return", "annual_volatility", "sharpe", "sortino", "max_drawdown", "calmar", "hit_rate", "turnover")
GRID = "{range: [60, 720, 20]}"
ALPHAS = "[1, 1e-2, 1e-3, 1e-4, 1e-5]"


@dataclass(frozen=True)
class Market:
    """A lake with a snapshot of prices and holdings of two funds."""

    tdlake: pathlib.Path
    home: pathlib.Path  # of the configs
    folder: pathlib.Path  # of the date range
    long: str
    short: str
    source: pathlib.Path  # the market's DuckDB file, or the folder of real prices
    real: bool

    @property
    def config(self) -> pathlib.Path:
        """The sweep of 165 points."""
        return self.home / "tdlake.yaml"

    @property
    def points(self) -> pathlib.Path:
        """Where sweeps are kept."""
        return self.folder / "sweeps"

    def forget(self) -> None:
        """Removes all sweeps, but not the snapshot."""
        shutil.rmtree(self.points, ignore_errors=True)

    def four_dimensions(self, name: str, long_windows: str = GRID, long_alphas: str = ALPHAS, short_windows: str = GRID, short_alphas: str = ALPHAS) -> pathlib.Path:
        """Writes a config with windows and alphas of both legs varied, and all built-in metrics."""
        before, _ = self.config.read_text().split("\nsweep:\n")
        before = before.replace("lasso_alpha: 1e-5\n", "long_alpha: 1e-5\n  short_alpha: 1e-5\n", 1)
        before = before.replace("${lasso_alpha}", "${long_alpha}", 1).replace("${lasso_alpha}", "${short_alpha}", 1)
        vary = {"long_rolling_windows": long_windows, "long_alpha": long_alphas, "short_rolling_windows": short_windows, "short_alpha": short_alphas}
        lines = ["sweep:", "  vary:", *(f"    {k}: {v}" for k, v in vary.items()), "  metrics:", *(f"    {m}:" for m in BUILTINS)]
        path = self.home / f"{name}.yaml"
        path.write_text("\n".join([before, *lines, ""]))
        run(Job([self.tdlake, "--quiet", "snapshot", path]))
        return path

    def sweep(self, config: pathlib.Path, *more: str, new: bool = True) -> Job:
        """A sweep, from the snapshot alone unless it is to go on from what is there."""
        command = [self.tdlake, "--quiet", "sweep", config, "--limit", "1", *more]
        return Job(command, self.forget) if new else Job(command)


def prepare(tdlake: pathlib.Path, work: pathlib.Path, data: pathlib.Path | None) -> Market:
    """Makes the demonstration's market, or takes the snapshot of a folder of real prices (which are read, not copied into the repository)."""
    home = work / "market"
    run(Job([tdlake, "demo", home]))
    long, short = "XFN", "XEN"
    if data:
        text = (home / "tdlake.yaml").read_text().replace("duckdb:market.duckdb", f"files:{data.resolve()}")
        long, short = "XLF", "XLE"
        (home / "tdlake.yaml").write_text(text.replace("XFN", long).replace("XEN", short))
        shutil.rmtree(home / "lake")
        run(Job([tdlake, "snapshot", home / "tdlake.yaml"]))
    (folder,) = (home / "lake").glob("*/*_*")
    return Market(tdlake, home, folder, long, short, data.resolve() if data else home / "market.duckdb", bool(data))
