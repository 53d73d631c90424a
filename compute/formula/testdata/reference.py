"""Writes what pandas makes of every function to pandas.json, for TestPandas: python3 reference.py (pandas, numpy).

The table is made here too: prices of four identifiers over 36 rows, with gaps, ties and a constant stretch.
"""
import json
import math
import random

import numpy as np
import pandas as pd

random.seed(20240301)
ROWS, IDS = 36, ["A", "B", "C", "D"]
close, volume = {}, {}
for k, name in enumerate(IDS):
    level, series, traded = 100.0, [], []
    for row in range(ROWS):
        level *= 1 + random.gauss(0, 0.02)
        value = round(level, 1)
        if name == "C" and row % 7 == 3 or name == "D" and row < 6:
            value = None
        if name == "B" and 10 <= row < 20:
            value = 50.0
        series.append(value)
        traded.append(float(random.randint(0, 5)))
    close[name], volume[name] = series, traded
sector = {"A": "tech", "B": "tech", "C": "bank", "D": None}
w = pd.DataFrame(close, dtype=float)
v = pd.DataFrame(volume)
c = (v > 2)
n = 5


def rolled(frame, f, rows=n):
    return frame.rolling(rows).apply(f, raw=True)


def by_sector(f):
    out = pd.DataFrame(np.nan, index=w.index, columns=w.columns)
    for s in {"tech", "bank"}:
        members = [i for i in IDS if sector[i] == s]
        out[members] = f(w[members])
    return out


def fit(values):
    return np.polyfit(np.arange(1, len(values) + 1), values, 1)


def ewm(f):
    return rolled(w, lambda x: f(pd.Series(x).ewm(span=3)).iloc[-1])


constant = w.rolling(n).max() == w.rolling(n).min()
both = w.rolling(n).count().eq(n)
cases = {
    "lag(close, 3)": w.shift(3),
    "diff(close, 2)": w.diff(2),
    "change(close, 2)": w / w.shift(2) - 1,
    "sum(close, 5)": w.rolling(n).sum(),
    "mean(close, 5)": w.rolling(n).mean(),
    "std(close, 5)": w.rolling(n).std(),
    "var(close, 5)": w.rolling(n).var(),
    "skew(close, 5)": w.rolling(n).skew().mask(constant),
    "kurt(close, 5)": w.rolling(n).kurt().mask(constant),
    "min(close, 5)": w.rolling(n).min(),
    "max(close, 5)": w.rolling(n).max(),
    "argmin(volume, 5)": rolled(v, lambda x: n - 1 - np.argmin(x)),
    "argmax(volume, 5)": rolled(v, lambda x: n - 1 - np.argmax(x)),
    "median(close, 4)": w.rolling(4).median(),
    "quantile(close, 5, 0.3)": w.rolling(n).quantile(0.3),
    "rank_over(volume, 5)": v.rolling(n).rank(pct=True),
    "product(volume, 3)": rolled(v, np.prod, 3),
    "count(volume > 2, 5)": c.astype(float).rolling(n).sum(),
    "corr(close, volume, 5)": w.rolling(n).corr(v).mask(constant | (v.rolling(n).max() == v.rolling(n).min())),
    "cov(close, volume, 5)": w.rolling(n).cov(v).where(both),
    "beta(close, volume, 5)": w.rolling(n).cov(v) / v.rolling(n).var(),
    "slope(close, 5)": rolled(w, lambda x: fit(x)[0]),
    "intercept(close, 5)": rolled(w, lambda x: fit(x)[1]),
    "rsquare(close, 5)": rolled(w, lambda x: np.corrcoef(np.arange(n), x)[0, 1] ** 2).mask(constant),
    "residual(close, 5)": rolled(w, lambda x: x[-1] - np.polyval(fit(x), n)),
    "ewm_mean(close, 5, span=3)": ewm(lambda e: e.mean()),
    "ewm_std(close, 5, span=3)": ewm(lambda e: e.std()),
    "ewm_mean(close, 5, halflife=2)": rolled(w, lambda x: pd.Series(x).ewm(halflife=2).mean().iloc[-1]),
    "ewm_mean(close, 5, alpha=0.3)": rolled(w, lambda x: pd.Series(x).ewm(alpha=0.3).mean().iloc[-1]),
    "decay_linear(close, 5)": rolled(w, lambda x: np.average(x, weights=np.arange(1, n + 1))),
    "rank(close)": w.rank(axis=1, pct=True),
    "rank(close, by=sector)": by_sector(lambda f: f.rank(axis=1, pct=True)),
    "zscore(close)": w.sub(w.mean(axis=1), axis=0).div(w.std(axis=1), axis=0),
    "demean(close, by=sector)": by_sector(lambda f: f.sub(f.mean(axis=1), axis=0)),
    "scale(diff(close, 1))": w.diff().div(w.diff().abs().sum(axis=1), axis=0),
    "winsorize(close, 0.25)": w.clip(w.quantile(0.25, axis=1), w.quantile(0.75, axis=1), axis=0),
    "quantile_of(close, 3)": np.ceil(w.rank(axis=1, pct=True) * 3),
    "sum_across(close)": pd.DataFrame({i: w.sum(axis=1) for i in IDS}),
    "mean_across(close)": pd.DataFrame({i: w.mean(axis=1) for i in IDS}),
    "count_across(close)": pd.DataFrame({i: w.count(axis=1) for i in IDS}).astype(float),
    "count_across(volume > 2)": pd.DataFrame({i: c.sum(axis=1) for i in IDS}).astype(float),
    "abs(diff(close, 1))": w.diff().abs(),
    "sign(diff(close, 1))": np.sign(w.diff()),
    "sqrt(close - 100)": np.sqrt(w.where(w >= 100) - 100),
    "log(volume)": np.log(v.where(v > 0)),
    "exp(volume)": np.exp(v),
    "signed_power(diff(close, 1), 0.5)": np.sign(w.diff()) * w.diff().abs() ** 0.5,
    "clip(close, 95, 105)": w.clip(95, 105),
    "if(volume > 2, close, -close)": w.where(c, -w),
    "coalesce(close, volume)": w.fillna(v),
    "min_of(close, 100 + volume)": np.minimum(w, 100 + v),
    "max_of(close, 100 + volume)": np.maximum(w, 100 + v),
    "close / volume": (w / v.replace(0, np.nan)),
    "-close ^ 2 + volume * 3 - 1": -(w ** 2) + v * 3 - 1,
    "mean(close, 3) > mean(close, 8)": (w.rolling(3).mean() > w.rolling(8).mean()).astype(float).where(w.rolling(8).count().eq(8)),
    "mean(change(close, 1), 4)": (w / w.shift(1) - 1).rolling(4).mean(),
}


def plain(frame):
    return [[None if not math.isfinite(x) else x for x in frame[i].astype(float)] for i in IDS]


table = {"identifiers": IDS, "close": plain(w), "volume": plain(v), "sector": [sector[i] for i in IDS]}
with open("pandas.json", "w", encoding="utf-8") as f:
    json.dump({"table": table, "cases": {k: plain(x) for k, x in cases.items()}}, f, separators=(",", ":"))
