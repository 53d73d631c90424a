"""The four-dimensional grid as fast as Python gets: numba on all processors, every distinct regression once, Gram matrices that are
rolled from day to day, coordinate descent that begins with the weights of the day before. It reads a snapshot's folder.

    python numba_sweep.py DATE_RANGE_FOLDER LONG SHORT [--tol 1e-4] [--out points.parquet]

33 long windows x 5 alphas x 33 short windows x 5 alphas; total_return and rows of each. tol is scikit-learn's: the duality gap at which
descent stops, as a part of the target's sum of squares. Prints one JSON object: points, and the seconds of each phase.
"""
import argparse
import json
import time

import numpy as np
import pandas as pd
from numba import njit, prange
from snapshot import date_range, read, read_holdings, returns_of

WINDOWS = np.arange(60, 720, 20)
ALPHAS = np.array([1, 1e-2, 1e-3, 1e-4, 1e-5])


def universe(holdings: pd.DataFrame, ticker: str, returns: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """The columns that were ever members, and at each row which of them are."""
    held = holdings[holdings.etf == ticker].assign(member=True)
    table = held.pivot_table(index="time_index", columns="unique_identifier", values="member", aggfunc="any")
    names = [name for name in table.columns if name in returns.columns and name != ticker]
    at = table.index.searchsorted(returns.index, side="right") - 1
    return names, np.where(at[:, None] >= 0, table[names].notna().to_numpy()[at], False)


@njit(cache=True, fastmath=True)
def descend(gram, weights, slope, usable, cross, squares, penalty, tol):
    """Non-negative lasso by coordinate descent on sums: slope is what the residual says of each column, kept up to date."""
    columns = len(weights)
    for _ in range(1_000_000):
        for j in range(columns):
            if not usable[j] or gram[j, j] <= 0.0:
                continue
            value = max(0.0, weights[j] + (slope[j] - penalty) / gram[j, j])
            step = value - weights[j]
            if step != 0.0:
                weights[j] = value
                for k in range(columns):
                    slope[k] -= step * gram[j, k]
        fitted, total, steepest = 0.0, 0.0, 0.0
        remaining = squares
        for j in range(columns):
            fitted += weights[j] * cross[j]
            remaining -= weights[j] * (cross[j] + slope[j])
            total += weights[j]
            if usable[j]:
                steepest = max(steepest, slope[j])
        shrink = min(1.0, penalty / steepest) if steepest > 0.0 else 1.0
        gap = 0.5 * remaining * (1.0 + shrink * shrink) + penalty * total - shrink * (squares - fitted)
        if gap <= tol * squares:
            return


@njit(cache=True, fastmath=True)
def replicate(x, missing, members, y, window, alphas, tol, start):
    """The replica's return at each row from start on, a line an alpha; NaN where there is no fit."""
    rows, columns = x.shape
    earned = np.full((len(alphas), rows), np.nan)
    begin = max(start, window)
    if begin >= rows:
        return earned
    old = x[begin - window : begin]
    gram, cross = old.T @ old, old.T @ y[begin - window : begin]
    squares = (y[begin - window : begin] ** 2).sum()
    gaps = missing[begin - window : begin].sum(axis=0)
    weights, slope, usable = np.zeros((len(alphas), columns)), np.empty(columns), np.empty(columns, np.bool_)
    for t in range(begin, rows):
        for j in range(columns):
            usable[j] = members[t - 1, j] and gaps[j] == 0
        for a in range(len(alphas)):
            slope[:] = cross
            for j in range(columns):
                if not usable[j]:
                    weights[a, j] = 0.0
                elif weights[a, j] != 0.0:
                    for k in range(columns):
                        slope[k] -= weights[a, j] * gram[j, k]
            descend(gram, weights[a], slope, usable, cross, squares, alphas[a] * window, tol)
            earned[a, t] = (weights[a] * x[t]).sum()
        out = t - window
        for i in range(columns):
            gaps[i] += int(missing[t, i]) - int(missing[out, i])
            cross[i] += x[t, i] * y[t] - x[out, i] * y[out]
            for j in range(columns):
                gram[i, j] += x[t, i] * x[t, j] - x[out, i] * x[out, j]
        squares += y[t] ** 2 - y[out] ** 2
    return earned


@njit(cache=True, parallel=True)
def legs(x, missing, members, y, windows, alphas, tol, start):
    """Every window of one leg, side by side."""
    out = np.empty((len(windows), len(alphas), len(y)))
    for k in prange(len(windows)):
        out[k] = replicate(x, missing, members, y, windows[k], alphas, tol, start)
    return out


@njit(cache=True, parallel=True)
def portfolios(long, short):
    """total_return and rows of every pair of a long and a short leg."""
    pairs = len(long) * len(short)
    totals, rows = np.empty(pairs), np.empty(pairs, np.int64)
    for p in prange(pairs):
        one, other = long[p // len(short)], short[p % len(short)]
        value, count = 1.0, 0
        for t in range(long.shape[1]):
            gain = one[t] - other[t]
            if gain == gain:
                value *= 1.0 + gain
                count += 1
        totals[p], rows[p] = value - 1.0, count
    return totals, rows


def main() -> None:
    args = argparse.ArgumentParser()
    args.add_argument("folder")
    args.add_argument("tickers", nargs=2)
    args.add_argument("--tol", type=float, default=1e-4)
    args.add_argument("--out")
    o = args.parse_args()
    clock = [time.perf_counter()]
    start, end = date_range(o.folder)
    returns, holdings = returns_of(read(o.folder, "prices")), read_holdings(o.folder)
    returns = returns[returns.index < end]
    first = int(returns.index.searchsorted(start))
    clock.append(time.perf_counter())
    made = []
    for ticker in o.tickers:
        names, members = universe(holdings, ticker, returns)
        x = np.ascontiguousarray(returns[names].to_numpy())
        made.append(legs(np.nan_to_num(x), ~np.isfinite(x), members, returns[ticker].to_numpy().copy(), WINDOWS, ALPHAS, o.tol, first))
    clock.append(time.perf_counter())
    totals, rows = portfolios(*(leg.reshape(-1, leg.shape[-1]) for leg in made))
    clock.append(time.perf_counter())
    if o.out:
        axes = np.meshgrid(WINDOWS, ALPHAS, WINDOWS, ALPHAS, indexing="ij")
        names = ("long_window", "long_alpha", "short_window", "short_alpha")
        pd.DataFrame({**{n: a.ravel() for n, a in zip(names, axes)}, "total_return": totals, "rows": rows}).to_parquet(o.out)
    load, fits, pairs = np.diff(clock).round(4).tolist()
    print(json.dumps({"points": len(totals), "load": load, "regressions": fits, "portfolios": pairs}))


if __name__ == "__main__":
    main()
