"""A hundred points of the long/short portfolio in a loop of one Python process, which is what a notebook does. Where inputs come from is all
that varies; regressions are numba's at every point (numba_sweep.py).

    python loop_points.py DATE_RANGE_FOLDER LONG SHORT postgres|lake|memory --url URL [--tol 1e-4]

postgres and lake: read at each point, by ADBC from the database or by pandas from the folder; memory: from the folder, once. Prints a JSON
object: seconds of reading and of everything, and the total return of each point.
"""
import argparse
import json
import time
from collections.abc import Callable

import adbc_driver_postgresql.dbapi as postgresql
import numpy as np
import pandas as pd
from numba_sweep import legs, portfolios, universe
from snapshot import date_range, read, read_holdings, returns_of

WINDOWS = range(60, 260, 20)
ALPHAS = (1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2)
SHORT_WINDOWS = np.array([100, 200])

Inputs = tuple[pd.DataFrame, pd.DataFrame]


def of_lake(folder: str) -> Inputs:
    return read(folder, "prices"), read_holdings(folder)


def of_postgres(connection: postgresql.Connection, since: pd.Timestamp, end: pd.Timestamp) -> Inputs:
    """The same rows, over a connection that stays open."""
    with connection.cursor() as cursor:
        cursor.execute(f"select time_index, unique_identifier, adj_close from prices where time_index >= '{since}' and time_index < '{end}'")
        prices = cursor.fetch_arrow_table().to_pandas()
        cursor.execute(f"select time_index, etf, unique_identifier from holdings where time_index < '{end}'")
        return prices, cursor.fetch_arrow_table().to_pandas()


def point(inputs: Inputs, tickers: list[str], start: pd.Timestamp, window: int, alpha: float, tol: float) -> float:
    returns, holdings = returns_of(inputs[0]), inputs[1]
    first = int(returns.index.searchsorted(start))
    made = []
    for ticker, windows in zip(tickers, (np.array([window]), SHORT_WINDOWS)):
        names, members = universe(holdings, ticker, returns)
        x = np.ascontiguousarray(returns[names].to_numpy())
        made.append(legs(np.nan_to_num(x), ~np.isfinite(x), members, returns[ticker].to_numpy().copy(), windows, np.array([alpha]), tol, first))
    long, short = made[0][0], made[1].mean(axis=0)
    totals, _ = portfolios(long, short)
    return float(totals[0])


def main() -> None:
    args = argparse.ArgumentParser()
    args.add_argument("folder")
    args.add_argument("tickers", nargs=2)
    args.add_argument("source", choices=["postgres", "lake", "memory"])
    args.add_argument("--url", required=True)
    args.add_argument("--tol", type=float, default=1e-4)
    o = args.parse_args()
    start, end = date_range(o.folder)
    known = of_lake(o.folder)
    since = known[0].time_index.min()
    connection = postgresql.connect(o.url)
    load: dict[str, Callable[[], Inputs]] = {
        "postgres": lambda: of_postgres(connection, since, end), "lake": lambda: of_lake(o.folder), "memory": lambda: known,
    }
    point(load[o.source](), o.tickers, start, WINDOWS[0], ALPHAS[0], o.tol)  # once uncounted: numba compiles, caches fill
    reading, totals, begin = 0.0, [], time.perf_counter()
    for window in WINDOWS:
        for alpha in ALPHAS:
            before = time.perf_counter()
            inputs = load[o.source]()
            reading += time.perf_counter() - before
            totals.append(point(inputs, o.tickers, start, window, alpha, o.tol))
    connection.close()
    print(json.dumps({"reading": reading, "seconds": time.perf_counter() - begin, "totals": totals}))


if __name__ == "__main__":
    main()
