#!/usr/bin/env python3
"""Opens every segment below DIR/ready with DuckDB, pyarrow and Polars and compares what they see.

    read_back.py DIR [compat]

Each table: equal counts, sums, minima and maxima of every column from all three readers over a glob of all files; types per column
as the schema promises; nulls only where it allows them. Each file: logical and converted type, field ids, statistics against the
values, encodings, one data page a chunk, key-values, path = columns, receipt. Ends on `N passed, N failed`.
"""
import glob
import hashlib
import json
import os
import re
import struct
import sys

import duckdb
import polars
import pyarrow as arrow
import pyarrow.compute as compute
import pyarrow.parquet as parquet

import tally
from tally import check, finish

# physical type of a column -> (arrow type, DuckDB type, Polars type, converted type)
KINDS = {
    "string": (arrow.string(), "VARCHAR", polars.String, "UTF8"),
    "time": (arrow.timestamp("us", tz="UTC"), "TIMESTAMP WITH TIME ZONE", polars.Datetime("us", "UTC"), "TIMESTAMP_MICROS"),
    "int64": (arrow.int64(), "BIGINT", polars.Int64, None),
    "int32": (arrow.int32(), "INTEGER", polars.Int32, None),
    "int16": (arrow.int16(), "SMALLINT", polars.Int16, "INT_16"),
    "uint16": (arrow.uint16(), "USMALLINT", polars.UInt16, "UINT_16"),
    "uint8": (arrow.uint8(), "UTINYINT", polars.UInt8, "UINT_8"),
    "double": (arrow.float64(), "DOUBLE", polars.Float64, None),
    "float": (arrow.float32(), "FLOAT", polars.Float32, None),
    "bool": (arrow.bool_(), "BOOLEAN", polars.Boolean, None),
    "bytes": (arrow.binary(), "BLOB", polars.Binary, None),
    "fixed": (arrow.binary(32), "BLOB", polars.Binary, None),
}


def promised(schema_file):
    """table -> {column: (id, kind, optional)} from the text that the unit test compares with the code."""
    tables, table = {}, None
    kinds = {("BYTE_ARRAY", "STRING"): "string", ("BYTE_ARRAY", "-"): "bytes", ("INT64", "TIMESTAMP_US"): "time", ("INT64", "-"): "int64",
             ("INT32", "-"): "int32", ("INT32", "INT16"): "int16", ("INT32", "UINT16"): "uint16",
             ("INT32", "UINT8"): "uint8", ("DOUBLE", "-"): "double", ("FLOAT", "-"): "float", ("BOOLEAN", "-"): "bool", ("FIXED(32)", "-"): "fixed"}
    for line in open(schema_file):
        words = line.split()
        if len(words) == 1:
            table = tables.setdefault(words[0], {})
        elif words:
            table[words[1]] = (int(words[0]), kinds[words[2], words[3]], words[4] == "O")
    return tables


def as_number(kind, value):
    """A reader's minimum, maximum or sum in a form that the three share."""
    if value is None:
        return None
    if hasattr(value, "timestamp"):
        delta = value - __import__("datetime").datetime(1970, 1, 1, tzinfo=__import__("datetime").timezone.utc)
        return (delta.days * 86400 + delta.seconds) * 10**6 + delta.microseconds
    return value


def same(kind, a, b):
    if kind in ("double", "float") and a is not None and b is not None:
        return abs(a - b) <= 1e-9 * max(1.0, abs(a))
    return a == b


def by_duckdb(pattern, column, kind):
    what = f'epoch_us("{column}")' if kind == "time" else f'"{column}"::INTEGER' if kind == "bool" else f'"{column}"'
    total = f"sum(length({what}))" if kind == "string" else f"sum(octet_length({what}))" if kind == "fixed" else f"sum({what})"
    return duckdb.sql(f"select count(*), count({what}), min({what}), max({what}), {total} "
                      f"from read_parquet('{pattern}', hive_partitioning = false)").fetchall()[0]


def by_arrow(table, column, kind):
    values = table[column]
    if kind == "time":
        values = values.cast(arrow.int64())
    if kind == "bool":
        values = values.cast(arrow.int32())
    if arrow.types.is_integer(values.type):
        values = values.cast(arrow.decimal128(38, 0))  # its sums of int64 would wrap
    sums = compute.binary_length(values) if kind == "fixed" else compute.utf8_length(values) if kind == "string" else values
    return (len(values), len(values) - values.null_count, compute.min(values).as_py() if kind != "fixed" else None,
            compute.max(values).as_py() if kind != "fixed" else None, compute.sum(sums).as_py())


def by_polars(frame, column, kind):
    values = frame[column]
    if kind == "time":
        values = values.cast(polars.Int64)
    if kind == "bool":
        values = values.cast(polars.Int32)
    present = values.drop_nulls()
    if len(present) == 0:
        return (len(values), 0, None, None, None)
    # The sum of a small type would wrap within that type.
    wide = present.str.len_chars() if kind == "string" else present.bin.size() if kind == "fixed" else present
    wide = wide.cast(polars.Float64) if kind in ("double", "float") else wide.cast(polars.Int128)
    return (len(values), len(present), present.min(), present.max(), wide.sum())


def in_file(path, name, columns):
    """The columns that this file must have: of features those that were off are absent, and nothing else is."""
    there = set(parquet.read_schema(path).names)
    return {column: promise for column, promise in columns.items() if column in there or name != "features" or promise[0] <= 100}


def check_table(name, files, columns):
    pattern = os.path.join(root, "ready", name, "**", "*.parquet")
    table = arrow.concat_tables(parquet.ParquetFile(f).read() for f in files)
    frame = polars.read_parquet(files, hive_partitioning=False)
    types = {row[0]: row[1] for row in duckdb.sql(
        f"describe select * from read_parquet('{pattern}', hive_partitioning = false)").fetchall()}
    check(list(columns) == table.column_names, f"{name}: columns in order")
    for column, (_, kind, optional) in columns.items():
        arrow_type, duck_type, polars_type, _ = KINDS[kind]
        check(table.schema.field(column).type == arrow_type, f"{name}.{column}: pyarrow type {table.schema.field(column).type}")
        check(types[column] == duck_type, f"{name}.{column}: DuckDB type {types[column]}")
        check(frame.schema[column] == polars_type, f"{name}.{column}: Polars type {frame.schema[column]}")
        check(optional or table[column].null_count == 0, f"{name}.{column}: a null in a required column")
        seen = [by_duckdb(pattern, column, kind), by_arrow(table, column, kind), by_polars(frame, column, kind)]
        equal = all(same(kind, as_number(kind, a), as_number(kind, b))
                    for other in seen[1:] for a, b in zip(seen[0], other))
        check(equal, f"{name}.{column}: readers differ: {seen}")
        if kind in ("double", "float"):
            finite = compute.all(compute.is_finite(table[column])).as_py()
            check(finite in (True, None), f"{name}.{column}: NaN or infinity")


def check_file_schema(path, columns):
    rows = duckdb.sql(f"select name, type, converted_type, logical_type, field_id, repetition_type "
                      f"from parquet_schema('{path}')").fetchall()[1:]
    for name, _, converted, logical, field_id, repetition in rows:
        want_id, kind, optional = columns[name]
        check(field_id == want_id, f"{path}: {name} has field id {field_id}")
        check(converted == KINDS[kind][3], f"{path}: {name} has converted type {converted}")
        check((logical is not None and logical != "") == (KINDS[kind][3] is not None), f"{path}: {name} has logical type {logical}")
        check(repetition == ("OPTIONAL" if optional else "REQUIRED"), f"{path}: {name} is {repetition}")


def check_chunks(path, table_columns):
    file = parquet.ParquetFile(path)
    for g in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(g)
        values = file.read_row_group(g)
        check(group.num_rows == values.num_rows, f"{path}: rows of group {g}")
        for c in range(group.num_columns):
            chunk = group.column(c)
            name, data = chunk.path_in_schema, values[chunk.path_in_schema]
            allowed = {"PLAIN", "RLE", "RLE_DICTIONARY"}
            if not compat and table_columns[name][1] in ("double", "float"):
                allowed.add("BYTE_STREAM_SPLIT")  # reals of features and predictions; readers of 2019 and before do not know it
            elif not compat:
                allowed.add("DELTA_BINARY_PACKED")
            check(chunk.compression == "ZSTD" and set(chunk.encodings) <= allowed, f"{path}: {name} {chunk.encodings}")
            check(chunk.has_offset_index, f"{path}: {name} has no offset index")
            check(chunk.statistics.null_count == data.null_count, f"{path}: {name} null count")
            if chunk.statistics.has_min_max and table_columns[name][1] not in ("fixed",):
                check(chunk.statistics.min == compute.min(data).as_py() and chunk.statistics.max == compute.max(data).as_py(),
                      f"{path}: {name} statistics {chunk.statistics.min} {chunk.statistics.max}")
    # With checksums on, a wrong CRC is an error.
    parquet.read_table(path, page_checksum_verification=True, partitioning=None)
    check(True, path)


def check_path(path, file):
    parts = dict(part.split("=", 1) for part in path.split(os.sep) if "=" in part)
    table = file.read(columns=list(parts))
    for key, text in parts.items():
        value = int(text) if key in ("year", "month", "day", "hour") else text
        check(compute.all(compute.equal(table[key], value)).as_py(), f"{path}: {key} differs from the path")
    hours = compute.unique(compute.floor_temporal(file.read(columns=["ts_recv"])["ts_recv"], unit="hour"))
    check(len(hours) == 1 and hours[0].as_py().hour == int(parts["hour"]), f"{path}: ts_recv is of another hour")


def check_key_values(path, name):
    pairs = {k.decode(): v.decode() for k, v in duckdb.sql(
        f"select key, value from parquet_kv_metadata('{path}')").fetchall()}
    wanted = {"schema_version", "table", "exchange", "symbol", "deck", "build", "config_hash",
              "journal_first_frame", "journal_last_frame", "price_scale", "size_scale"}
    check(wanted <= set(pairs), f"{path}: key-values {sorted(pairs)}")
    check(pairs.get("table") == name, f"{path}: key-value table")
    created = duckdb.sql(f"select created_by from parquet_file_metadata('{path}')").fetchall()[0][0]
    check(re.fullmatch(r"tapedeck version \S+ \(build \S+\)", created), f"{path}: created_by {created}")
    return pairs


def check_receipt(path, file, pairs):
    folder, name = os.path.split(path)
    receipt = json.load(open(os.path.join(folder, "_" + name.removesuffix(".parquet") + ".json")))
    data = open(path, "rb").read()
    check(receipt["bytes"] == len(data), f"{path}: receipt's bytes")
    check(receipt["rows"] == file.metadata.num_rows, f"{path}: receipt's rows")
    check(receipt["sha256"] == hashlib.sha256(data).hexdigest(), f"{path}: receipt's sha256")
    check(receipt["segment"] == name, f"{path}: receipt's segment")
    for key in ("deck", "build", "config_hash", "table", "exchange", "symbol"):
        check(receipt[key] == pairs[key], f"{path}: receipt's {key}")
    low, high = (int(pairs["journal_first_frame"]), int(pairs["journal_last_frame"]))
    if "frame" in file.schema_arrow.names:
        frames = compute.min_max(file.read(columns=["frame"])["frame"]).as_py()
        check((frames["min"], frames["max"]) == (low, high), f"{path}: journal range")


def as_stored(kind, value):
    """What a column of that kind holds of a value: rounded by Python, null beyond its range."""
    if value is None or kind in ("string", "bool", "double"):
        return value
    if kind == "float":
        try:
            return struct.unpack("<f", struct.pack("<f", value))[0]
        except OverflowError:
            return None
    return int(value) if kind == "int64" or -2**31 <= value < 2**31 else None


def check_values(name, files, columns):
    """Value for value against the rows that the writer was given."""
    wanted = [json.loads(line) for line in open(os.path.join(root, f"{name}.jsonl"))]
    table = arrow.concat_tables(parquet.ParquetFile(f).read() for f in files)
    frame = polars.read_parquet(files, hive_partitioning=False)
    for column in wanted[0]:
        kind = columns[column][1]
        want = [as_stored(kind, row[column]) for row in wanted]
        duck = [row[0] for row in duckdb.sql(f'select "{column}" from read_parquet({files!r}, hive_partitioning = false) order by frame').fetchall()]
        for reader, got in (("pyarrow", table[column].to_pylist()), ("Polars", frame[column].to_list()), ("DuckDB", duck)):
            first = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), None)
            check(len(want) == len(got) and first is None,
                  f"{name}.{column}: {reader} differs from the rows in {first}: {first is not None and (want[first], got[first])}")
    feature_columns = {column for column in columns if columns[column][0] > 100}
    check(feature_columns <= set(wanted[0]), f"{name}: columns that no row was compared in")


root = sys.argv[1]
compat = sys.argv[2:] == ["compat"]
here = os.path.dirname(os.path.abspath(__file__))
schema = promised(os.path.join(here, "..", "unit", "segment", "schema.txt"))
duckdb.sql("set timezone = 'UTC'")
for table_name in sorted(os.listdir(os.path.join(root, "ready"))):
    paths = sorted(glob.glob(os.path.join(root, "ready", table_name, "**", "*.parquet"), recursive=True))
    if not paths:
        continue
    schema[table_name] = in_file(paths[0], table_name, schema[table_name])
    check_table(table_name, paths, schema[table_name])
    if os.path.exists(os.path.join(root, f"{table_name}.jsonl")):
        check_values(table_name, paths, schema[table_name])
    for file_path in paths:
        opened = parquet.ParquetFile(file_path)
        check_file_schema(file_path, schema[table_name])
        check_chunks(file_path, schema[table_name])
        check_path(file_path, opened)
        check_receipt(file_path, opened, check_key_values(file_path, table_name))
if tally.passed + tally.failed == 0:
    check(False, f"no segments below {root}/ready")
finish()
