"""A query by the duckdb package, whole process: `prices` is a view of a folder's Parquet files, where one is given.

    python query_duckdb.py QUERY [FOLDER]
"""
import sys

import duckdb


def main() -> None:
    if len(sys.argv) > 2:
        duckdb.sql(f"create view prices as select * from read_parquet('{sys.argv[2]}/*/*.parquet')")
    for row in duckdb.sql(sys.argv[1]).fetchall():
        print(*row)


if __name__ == "__main__":
    main()
