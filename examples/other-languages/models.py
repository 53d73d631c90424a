"""Nodes of tdlake.yaml. A node is this file: what it needs besides its environment's packages must stand in it."""

import numpy as np
import pyarrow as pa
from sklearn.linear_model import Lasso


def wide(table, column):
    """Times, identifiers, and a grid of values with NaN where there is none."""
    times, row = np.unique(table["time_index"].cast(pa.int64()).to_numpy(), return_inverse=True)
    names, col = np.unique(table["unique_identifier"].to_numpy(zero_copy_only=False).astype(str), return_inverse=True)
    grid = np.full((len(times), len(names)), np.nan)
    grid[row, col] = table[column].to_numpy()
    return times, list(names), grid


def lasso(inputs, params):
    """Weights of a universe that replicate a target over the last rows, at each time. It looks back params["window"] rows and
    no further, so that the same time has the same weights wherever a command begins."""
    times, names, returns = wide(inputs["returns"], "return")
    target, universe = names.index(params["target"]), sorted(params["universe"])
    features = [names.index(u) for u in universe]
    rows = []
    for i in range(params["window"], len(times) + 1):
        window = returns[i - params["window"]:i]
        used = [f for f in features if not np.isnan(window[:, f]).any()]
        if not used or np.isnan(window[:, target]).any():
            continue
        model = Lasso(alpha=params["alpha"], fit_intercept=False, positive=True, tol=1e-12, max_iter=100_000)
        model.fit(window[:, used], window[:, target])
        rows += [(int(times[i - 1]), names[f], float(weight)) for f, weight in zip(used, model.coef_)]
    return pa.table({
        "time_index": pa.array([r[0] for r in rows], pa.timestamp("us", "UTC")),
        "unique_identifier": pa.array([r[1] for r in rows], pa.string()),
        "weight": pa.array([r[2] for r in rows], pa.float64()),
    })
