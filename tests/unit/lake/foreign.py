#!/usr/bin/env python3
"""Writes Parquet files with other people's writers into a folder, and beside each what it holds:
NAME.expect, one line a value: column, row, value (integers as digits, reals as the bits of a double,
words as hex, - for null). Refusals: NAME.refuse holds a part of the message that must come."""
import os, struct, sys
import pyarrow as pa
import pyarrow.parquet as pq

out = sys.argv[1]


def spell(value):
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "%016x" % struct.unpack("<Q", struct.pack("<d", value))[0]
    if isinstance(value, str):
        value = value.encode()
    return "x" + value.hex()


def expect(name, table):
    with open(os.path.join(out, name + ".expect"), "w") as f:
        for column in table.column_names:
            data = table.column(column)
            if pa.types.is_timestamp(data.type):
                data = data.cast(pa.int64())
            for row, value in enumerate(data.to_pylist()):
                f.write(f"{column} {row} {spell(value)}\n")


def path(name):
    return os.path.join(out, name + ".parquet")


def rows(n, seed=1):
    x, numbers = seed, []
    for _ in range(n):
        x = (x * 6364136223846793005 + 1442695040888963407) % 2**64
        numbers.append(x)
    hole = lambda i, v: None if numbers[i] >> 60 == 3 else v
    signed = [v - 2**63 for v in numbers]
    return pa.table({
        "i32": pa.array([hole(i, (v >> 32) - 2**31) for i, v in enumerate(numbers)], pa.int32()),
        "i64": pa.array([hole(i, v) for i, v in enumerate(signed)], pa.int64()),
        "rising": pa.array([1_700_000_000_000_000 + i * 1000 + (v >> 58) for i, v in enumerate(numbers)], pa.int64()),
        "few": pa.array([hole(i, v % 7 * 0.25) for i, v in enumerate(numbers)], pa.float64()),
        "f64": pa.array([(v >> 11) / 1e6 - 1e9 for v in numbers], pa.float64()),
        "f32": pa.array([hole(i, float(v >> 50) / 64) for i, v in enumerate(numbers)], pa.float32()),
        "word": pa.array([hole(i, ["bid", "ask", "", "ünïcode"][v >> 62]) for i, v in enumerate(numbers)], pa.string()),
        "text": pa.array([hole(i, "row %d" % v) for i, v in enumerate(numbers)], pa.string()),
        "fixed": pa.array([struct.pack("<Q", v)[:5] for v in numbers], pa.binary(5)),
        "flag": pa.array([hole(i, v >> 63 == 1) for i, v in enumerate(numbers)], pa.bool_()),
        "when": pa.array([1_758_400_000_000_000 + i for i in range(n)], pa.timestamp("us", tz="UTC")),
        "never": pa.array([None] * n, pa.int64()),
    })


def arrow(name, table, **options):
    pq.write_table(table, path(name), **options)
    expect(name, table)


table = rows(3000)
small = rows(40, 9)
for version in ("1.0", "2.0"):
    for codec in ("none", "zstd"):
        arrow(f"arrow_v{version[0]}_{codec}", table, data_page_version=version, compression=codec,
              write_page_checksum=True, row_group_size=1100)
arrow("arrow_plain", table, use_dictionary=False, compression="zstd", data_page_size=512)
arrow("arrow_delta", table, use_dictionary=False, compression="none",
      column_encoding={"i32": "DELTA_BINARY_PACKED", "i64": "DELTA_BINARY_PACKED", "rising": "DELTA_BINARY_PACKED",
                       "few": "BYTE_STREAM_SPLIT", "f64": "BYTE_STREAM_SPLIT", "f32": "BYTE_STREAM_SPLIT",
                       "flag": "RLE"})
arrow("arrow_small", small, compression="zstd", write_page_checksum=True)
arrow("arrow_mixed_pages", table, dictionary_pagesize_limit=2000, data_page_size=700, compression="zstd")
# Without checksums, so that garbled values reach the decoders.
arrow("hostile_v2", small, data_page_version="2.0", compression="none")
arrow("hostile_delta", small.select(["i32", "i64", "rising", "f64", "f32", "flag"]), compression="none",
      use_dictionary=False, data_page_version="2.0",
      column_encoding={"i32": "DELTA_BINARY_PACKED", "i64": "DELTA_BINARY_PACKED", "rising": "DELTA_BINARY_PACKED",
                       "f64": "BYTE_STREAM_SPLIT", "f32": "BYTE_STREAM_SPLIT", "flag": "RLE"})
arrow("arrow_empty", table.slice(0, 0), compression="zstd")
arrow("arrow_required", pa.table([small["rising"], small["f64"]],
      schema=pa.schema([pa.field("rising", pa.int64(), False), pa.field("f64", pa.float64(), False)])), compression="zstd")

for codec in ("snappy", "gzip", "brotli", "lz4"):
    pq.write_table(small, path("refuse_" + codec), compression=codec)
    open(os.path.join(out, f"refuse_{codec}.refuse"), "w").write(
        "unsupported codec " + {"lz4": "LZ4_RAW"}.get(codec, codec.upper()))
pq.write_table(pa.table({"list": [[1, 2], [3]]}), path("refuse_list"), compression="zstd")
open(os.path.join(out, "refuse_list.refuse"), "w").write("nested column list.list.element")
pq.write_table(pa.table({"s": [{"a": 1}]}), path("refuse_struct"), compression="zstd")
open(os.path.join(out, "refuse_struct.refuse"), "w").write("nested column s.a")
pq.write_table(small.select(["text"]), path("refuse_delta_text"), use_dictionary=False, compression="zstd",
               column_encoding={"text": "DELTA_BYTE_ARRAY"})
open(os.path.join(out, "refuse_delta_text.refuse"), "w").write("unsupported encoding DELTA_BYTE_ARRAY")

flat = table.drop_columns(["fixed"])
try:
    import duckdb
    for version in ("V1", "V2"):
        # Long texts of V2 come in an encoding the reader refuses.
        kept = flat if version == "V1" else flat.drop_columns(["text", "word"])
        name = "duck_" + version.lower()
        duckdb.sql(f"COPY kept TO '{path(name)}' (FORMAT parquet, CODEC 'zstd', PARQUET_VERSION {version}, "
                   "ROW_GROUP_SIZE 2048)")
        expect(name, kept)
except ImportError:
    pass
try:
    import polars
    polars.from_arrow(flat).write_parquet(path("polars"), compression="zstd", row_group_size=1000)
    expect("polars", flat)
except ImportError:
    pass
