"""The sweep of a long/short portfolio as one writes it first: for every point read the prices, and refit scikit-learn's
Lasso from nothing at every date. It reads a snapshot's folder, as tdlake does, so both begin with the same bytes.

    python naive_sweep.py DATE_RANGE_FOLDER LONG SHORT WINDOW:ALPHA[,WINDOW:ALPHA...]

Prints a JSON object a point: window, alpha, total_return, rows, seconds.
"""
import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from sklearn.linear_model import Lasso
from snapshot import date_range, read, read_holdings, returns_of

SHORT_WINDOWS = (100, 200)


def replicate(returns, holdings, ticker, window, alpha, start, end):
    """The replica's return at each date: weights of the window before it, times the date's returns."""
    own = holdings[holdings.etf == ticker]
    replica = {}
    for i in range(window, len(returns)):
        date, before = returns.index[i], returns.index[i - 1]
        if not start <= date < end:
            continue
        known = own[own.time_index <= before]
        members = known.unique_identifier[known.time_index == known.time_index.max()]
        features = returns[sorted(set(members) & set(returns.columns) - {ticker})].iloc[i - window : i]
        features = features.loc[:, features.notna().all()]
        target = returns[ticker].iloc[i - window : i]
        if features.shape[1] == 0 or target.isna().any():
            continue
        model = Lasso(alpha=alpha, fit_intercept=False, positive=True).fit(features.to_numpy(), target.to_numpy())
        replica[date] = model.coef_ @ np.nan_to_num(returns[features.columns].iloc[i].to_numpy())
    return pd.Series(replica)


def point(folder, long, short, window, alpha, start, end):
    returns, holdings = returns_of(read(folder, "prices")), read_holdings(folder)
    long_leg = replicate(returns, holdings, long, window, alpha, start, end)
    legs = [replicate(returns, holdings, short, w, alpha, start, end) for w in SHORT_WINDOWS]
    gain = (long_leg - pd.concat(legs, axis=1).mean(axis=1, skipna=False)).dropna()
    return float((1 + gain).prod() - 1), len(gain)


def main():
    folder, long, short, points = sys.argv[1:]
    start, end = date_range(folder)
    warnings.filterwarnings("ignore")
    for text in points.split(","):
        window, alpha = int(text.split(":")[0]), float(text.split(":")[1])
        began = time.perf_counter()
        total, rows = point(folder, long, short, window, alpha, start, end)
        seconds = time.perf_counter() - began
        print(json.dumps({"window": window, "alpha": alpha, "total_return": total, "rows": rows, "seconds": round(seconds, 3)}), flush=True)


if __name__ == "__main__":
    main()
