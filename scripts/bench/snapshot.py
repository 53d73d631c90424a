"""Reads a snapshot's folder, with pandas alone: what the alternatives import counts as their time."""
import glob

import pandas as pd


def read(folder: str, table: str) -> pd.DataFrame:
    """A node's rows, all parts."""
    (path,) = glob.glob(f"{folder}/{table}_*")
    return pd.read_parquet(path)


def read_holdings(folder: str) -> pd.DataFrame:
    """Who was in the funds: also the last rows before the date range, as of which its first days are."""
    before = glob.glob(f"{folder}/_before/holdings_*/*.parquet")
    return pd.concat([*map(pd.read_parquet, before), read(folder, "holdings")], ignore_index=True)


def returns_of(prices: pd.DataFrame) -> pd.DataFrame:
    """Simple returns, a column an identifier, prices carried forward."""
    wide = prices.pivot(index="time_index", columns="unique_identifier", values="adj_close")
    return wide.sort_index().ffill().pct_change(fill_method=None).iloc[1:]


def date_range(folder: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The half-open range that a folder's name says."""
    start, end = folder.rstrip("/").split("/")[-1].split("_")
    return pd.Timestamp(start, tz="UTC"), pd.Timestamp(end, tz="UTC")
