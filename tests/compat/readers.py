#!/usr/bin/env python3
"""All segments below several replays' folders, as someone opens a whole lake: one glob a table over venues, symbols and hours.

    readers.py DIR...

DuckDB, pyarrow and Polars: the same counts, sums and types whatever the order of the files, and the columns a reader makes of the
path (hive partitions) are the columns that stand in the file. Ends on `N passed, N failed`.
"""
import glob
import os
import random
import sys

import duckdb
import polars
import pyarrow.compute as compute
import pyarrow.dataset as dataset
import pyarrow.parquet as parquet

from tally import check, finish

KEYS = {"exchange": str, "symbol": str, "year": int, "month": int, "day": int, "hour": int}


def sums_duckdb(paths, columns):
    picked = ", ".join(f'sum("{c}")' for c in columns)
    return duckdb.sql(f"select count(*), {picked} from read_parquet({paths!r}, hive_partitioning = false)").fetchall()[0]


def sums_arrow(paths, columns):
    table = dataset.dataset(paths, format="parquet").to_table(columns=columns)
    return (table.num_rows, *(compute.sum(table[c]).as_py() for c in columns))


def sums_polars(paths, columns):
    frame = polars.scan_parquet(paths, hive_partitioning=False)
    return frame.select(polars.len(), *(polars.col(c).cast(polars.Float64 if c in ("price", "size") else polars.Int64).sum()
                                        for c in columns)).collect().row(0)


def close(a, b):
    return len(a) == len(b) and all(
        x == y or (isinstance(x, float) and abs(x - y) <= 1e-9 * max(abs(x), abs(y))) for x, y in zip(a, b))


def numbers(path):
    """Columns to add up: those that hold numbers in every table."""
    names = parquet.read_schema(path).names
    return [c for c in ("frame", "conn", "hour", "event_ns_rem", "price", "size", "flags") if c in names]


def check_orders(table, paths):
    columns, shuffle = numbers(paths[0]), random.Random(7)
    first = sums_duckdb(paths, columns)
    check(first[0] > 0, f"{table}: no rows")
    for turn in range(3):
        for name, read in (("DuckDB", sums_duckdb), ("pyarrow", sums_arrow), ("Polars", sums_polars)):
            got = read(paths, columns)
            check(close(first, got), f"{table}, {name}, order {turn}: {got}, not {first}")
        paths = shuffle.sample(paths, len(paths))


def types_of(paths):
    return duckdb.sql(f"describe select * from read_parquet({paths!r}, hive_partitioning = false)").fetchall()


def check_types(table, paths):
    """One type a column in every file, so that the first file of a glob does not decide."""
    schemas = {str(parquet.read_schema(path).remove_metadata()) for path in paths}
    check(len(schemas) == 1, f"{table}: {len(schemas)} schemas")
    check(types_of(paths) == types_of(paths[::-1]), f"{table}: the order of files changes DuckDB's types")


def check_partitions(table, root):
    """What a reader makes of the path, beside what stands in the file."""
    pattern = f"{root}/ready/{table}/**/*.parquet"
    paths = sorted(glob.glob(pattern, recursive=True))
    for path in paths:
        of_path = dict(part.split("=", 1) for part in path.split(os.sep) if "=" in part)
        table_of_file = parquet.ParquetFile(path).read(columns=list(KEYS))
        for key, kind in KEYS.items():
            check(set(table_of_file[key].to_pylist()) == {kind(of_path[key])}, f"{path}: {key} is not the path's")
    key_list = ", ".join(KEYS)
    in_file = duckdb.sql(f"select {key_list}, count(*) from read_parquet('{pattern}', hive_partitioning = false) "
                         "group by all order by all").fetchall()
    typed = "{" + ", ".join(f"'{k}': {'VARCHAR' if v is str else 'INTEGER'}" for k, v in KEYS.items()) + "}"
    of_path = duckdb.sql(f"select {key_list}, count(*) from read_parquet('{pattern}', hive_partitioning = true, "
                         f"hive_types = {typed}) group by all order by all").fetchall()
    check(in_file == of_path, f"{table}: DuckDB's hive columns {of_path[:2]} differ from {in_file[:2]}")
    plain = duckdb.sql(f"select {key_list}, count(*) from read_parquet('{pattern}') group by all order by all").fetchall()
    # DuckDB takes a padded part of the path ("04") for text; the number is the same (docs/FORMAT.md).
    plain = sorted((*row[:2], *map(int, row[2:])) for row in plain)
    check(plain == in_file, f"{table}: DuckDB without options sees {plain[:2]}, not {in_file[:2]}")
    frame = polars.scan_parquet(paths, hive_partitioning=True)
    rows = frame.group_by(list(KEYS)).len().sort(list(KEYS)).collect().rows()
    check(sorted(rows) == sorted(in_file), f"{table}: Polars' hive columns {rows[:2]} differ from {in_file[:2]}")
    arrow = dataset.dataset(f"{root}/ready/{table}", format="parquet", partitioning="hive").to_table(columns=list(KEYS))
    check(arrow.num_rows == sum(row[-1] for row in in_file), f"{table}: pyarrow's dataset over the folder")
    check(sorted(set(zip(*(arrow[k].to_pylist() for k in KEYS)))) == sorted({row[:-1] for row in in_file}),
          f"{table}: pyarrow's hive columns")


def main():
    roots = sys.argv[1:]
    tables = sorted({name for root in roots for name in os.listdir(f"{root}/ready")})
    duckdb.sql("set timezone = 'UTC'")
    for table in tables:
        paths = sorted(p for root in roots for p in glob.glob(f"{root}/ready/{table}/**/*.parquet", recursive=True))
        check_orders(table, paths)
        check_types(table, paths)
        for root in roots:
            if os.path.isdir(f"{root}/ready/{table}"):
                check_partitions(table, root)
    check({"book", "trades", "ticker", "gaps", "instruments"} <= set(tables), f"tables {tables}")
    finish()


main()
