"""The market of the sweeps as databases of the PostgreSQL server: what a researcher has whose prices are there."""
import pathlib
from urllib.parse import urlsplit, urlunsplit

import adbc_driver_postgresql.dbapi as postgresql
import duckdb
from market import Market
from rows_database import psql
from settings import Bench

KEYS = {"prices": "time_index, unique_identifier", "holdings": "time_index, etf, unique_identifier"}


def address(bench: Bench, database: str) -> str:
    """The address of a database of the server, which need not be there yet."""
    return urlunsplit(urlsplit(bench.database())._replace(path="/" + database))


def query(m: Market, sql: str) -> duckdb.DuckDBPyRelation:
    """A query of the market's own tables; times are shown in UTC."""
    db = duckdb.connect() if m.real else duckdb.connect(str(m.source), read_only=True)
    db.sql("set timezone = 'UTC'")
    if m.real:
        for table in KEYS:
            db.sql(f"create view {table} as from '{m.source}/{table}.parquet'")
    return db.sql(sql)


def add(bench: Bench, database: str, where: str) -> None:
    """Appends rows of the market to a database's tables, in the order of time as they come in life. Tables are made where there are none."""
    with postgresql.connect(address(bench, database)) as connection, connection.cursor() as cursor:
        for table, key in KEYS.items():
            rows = query(bench.market, f"from {table} where {where} order by {key}")
            cursor.adbc_ingest(table, rows.to_arrow_table(), mode="create_append", db_schema_name="public")  # the server's user is called tdlake, and so is the schema of tdlake's tables
        connection.commit()


def create(bench: Bench, database: str, where: str = "true") -> None:
    """Makes a database that holds the market, or a part of its rows, each table with its primary key."""
    copy(bench, database, "template1")
    add(bench, database, where)
    for table, key in KEYS.items():
        psql(address(bench, database), f"alter table {table} add primary key ({key})", f"vacuum analyze {table}")


def copy(bench: Bench, database: str, template: str) -> None:
    """Makes a database as a copy of another, in place of the one of that name."""
    psql(bench.database(), "set client_min_messages = warning", f"drop database if exists {database}", f"create database {database} template {template}")


def config(bench: Bench, database: str) -> pathlib.Path:
    """The sweep's config, with a database of the server for its source and a lake of its own."""
    home = bench.work / f"on_{database}"
    home.mkdir(exist_ok=True)
    lines = bench.market.config.read_text().splitlines()
    (home / "tdlake.yaml").write_text("\n".join(f"database: {address(bench, database)}" if line.startswith("database:") else line for line in lines) + "\n")
    return home / "tdlake.yaml"
