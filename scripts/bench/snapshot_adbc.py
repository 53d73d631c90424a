"""A table of PostgreSQL to one Parquet file, as Arrow's own driver does it: batches stream through ADBC into pyarrow's writer, zstd.
Rows stay in the order they come.

    python snapshot_adbc.py URL TABLE OUT.parquet
"""
import sys

import adbc_driver_postgresql.dbapi as postgresql
import pyarrow.parquet as parquet


def main() -> None:
    url, table, path = sys.argv[1:]
    with postgresql.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f'select * from "{table}"')
        batches = cursor.fetch_record_batch()
        with parquet.ParquetWriter(path, batches.schema, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)


if __name__ == "__main__":
    main()
