"""One rolling lasso, refitted every day on its window: what scikit-learn or glmnet takes a day, on one core, arrays at hand.

    python lasso_days.py sklearn|glmnet DATE_RANGE_FOLDER TICKER WINDOW ALPHA

Prints a JSON object: days, seconds a day, columns and active columns on the last day. glmnet is called where its Python wrapper calls
it, without the wrapper's own checks, with that one penalty, non-negative weights and glmnet's default tolerance.
"""
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
from snapshot import date_range, read, read_holdings, returns_of

Fit = Callable[[np.ndarray, np.ndarray, float], np.ndarray]


def by_sklearn(x: np.ndarray, y: np.ndarray, alpha: float) -> np.ndarray:
    from sklearn.linear_model import Lasso

    return Lasso(alpha=alpha, fit_intercept=False, positive=True).fit(x, y).coef_


def by_glmnet(x: np.ndarray, y: np.ndarray, alpha: float) -> np.ndarray:
    from glmnet.linear import elnet, solns

    rows, columns = x.shape
    limits = np.asfortranarray([np.zeros(columns), np.full(columns, np.inf)])
    # Covariance updating; lasso; data that it may overwrite; a path of one penalty; neither standardised nor with an intercept.
    made = elnet(1, 1.0, x.copy(order="F"), y.copy(), np.ones(rows), 0, np.ones(columns), limits, columns + 1, 1.0, np.array([alpha]), 1e-7, columns, 1, False, False, 100_000)
    count, _, packed, order, used = made[:5]
    return solns(columns, packed[:, :count], order, used[:count]).ravel()


def windows(folder: str, ticker: str, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The regressors and the target of each day in the range."""
    start, end = date_range(folder)
    returns, holdings = returns_of(read(folder, "prices")), read_holdings(folder)
    own = holdings[holdings.etf == ticker]
    for i, day in enumerate(returns.index):
        if i + 1 < size or not start <= day < end:
            continue
        known = own[own.time_index <= day]
        members = set(known.unique_identifier[known.time_index == known.time_index.max()])
        x = returns[sorted(members & set(returns.columns) - {ticker})].iloc[i + 1 - size : i + 1]
        yield np.asfortranarray(x.loc[:, x.notna().all()].to_numpy()), returns[ticker].iloc[i + 1 - size : i + 1].to_numpy().copy()


def main() -> None:
    which, folder, ticker, size, alpha = sys.argv[1:]
    fit: Fit = {"sklearn": by_sklearn, "glmnet": by_glmnet}[which]
    warnings.filterwarnings("ignore")
    days = list(windows(folder, ticker, int(size)))
    weights = fit(*days[0], float(alpha))  # imports
    begin = time.perf_counter()
    for x, y in days:
        weights = fit(x, y, float(alpha))
    seconds = (time.perf_counter() - begin) / len(days)
    print(json.dumps({"days": len(days), "seconds": seconds, "columns": len(weights), "active": int((weights > 0).sum())}))


if __name__ == "__main__":
    main()
