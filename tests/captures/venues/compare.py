#!/usr/bin/env python3
"""compare.py TAPEDECK DIR [NAME...]: every reading of this folder against what `tapedeck replay` stores of the same files: frames, rows of book,
trades and ticker in their order and digit for digit, the last books, and that no link or checksum was found broken.
Ends on `N passed, N failed`.

compare.py --evidence: what the readings count, a line a recording: venue, frames, book events, links, checksums, trades, tickers."""
import glob
import importlib
import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from fractions import Fraction

import pyarrow.parquet as parquet

here = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [here, os.path.join(here, "..", "..", "compat")]
import common  # noqa: E402
from tally import check, finish  # noqa: E402

IMPLIED, MARKER = 32, 128


def exact(value, text, scale):
    return Decimal(text) if text is not None else Decimal(round(Fraction(value) * 10**scale)).scaleb(-scale)


def stored(folder, table, venue):
    """symbol as the venue spells it -> rows in the order they were written."""
    out = {}
    for path in sorted(glob.glob(f"{folder}/ready/{table}/exchange={venue}/**/*.parquet", recursive=True)):
        file = parquet.ParquetFile(path)
        meta = {k.decode(): v.decode() for k, v in (file.schema_arrow.metadata or {}).items()}
        rows = file.read().to_pylist()
        for row in rows:
            if "price_text" in row:
                row["price"] = exact(row["price"], row["price_text"], int(meta["price_scale"]))
                row["size"] = exact(row["size"], row["size_text"], int(meta["size_scale"]))
        out.setdefault(meta["symbol"], []).extend(rows)
    return out


def same(what, got, wanted):
    for i, (a, b) in enumerate(zip(got, wanted)):
        if a != b:
            return check(False, f"{what} row {i}: stored {a}, on the wire {b}")
    return check(len(got) == len(wanted), f"{what}: {len(got)} rows stored, {len(wanted)} wanted")


def tables(folder, venue):
    return {name: stored(folder, name, venue) for name in ("book", "trades", "ticker", "instruments")}


def spelled(rows):
    """unified symbol -> the venue's spelling."""
    return {symbol: of[-1]["symbol_raw"] for symbol, of in rows["instruments"].items()}


def trade_id(row):
    return row["trade_uid"] if row["trade_uid"] is not None else None if row["trade_id"] is None else str(row["trade_id"])


def compare(name, reading, rows, report):
    raw_of = spelled(rows)
    check(reading.frames > 0 and sum(report["buckets"].values()) == reading.frames,
          f"{name}: {report['buckets']} are not the {reading.frames} frames")
    check(report["buckets"].get("malformed", 0) == 0 and report["buckets"].get("absurd", 0) == 0,
          f"{name}: not understood: {report['buckets']}")
    check(not reading.count["broken links"] and not reading.count["broken sums"] and not reading.count["gaps"],
          f"{name}: the reading itself finds holes: {dict(reading.count)}")
    holes = {kind: number for kind, number in report["gaps"].items()
             if number and kind in ("sequence", "checksum", "crossed", "parse", "overflow")}
    check(not holes, f"{name}: gaps {holes}")
    for table, wanted, of in (("book", reading.rows, book_row), ("trades", reading.trades, trade_row)):
        got = {raw_of[symbol]: [of(row) for row in of_symbol if not of is book_row or not row["flags"] & (IMPLIED | MARKER)]
               for symbol, of_symbol in rows[table].items()}
        got = {raw: of_raw for raw, of_raw in got.items() if of_raw}
        wanted = {raw: of_raw for raw, of_raw in wanted.items() if of_raw}
        check(set(got) == set(wanted), f"{name} {table}: symbols {sorted(set(got) ^ set(wanted))} are on one side only")
        for raw in wanted:
            # Some venues list newest first: which order is stored is the recorder's business, which trades is not.
            order = sorted if table == "trades" else list
            same(f"{name} {table} {raw}", order(got.get(raw, []), **key_of(table)), order(wanted[raw], **key_of(table)))
    compare_tickers(name, reading, rows, raw_of)
    compare_books(name, reading, rows, raw_of)


def key_of(table):
    return {"key": str} if table == "trades" else {}


def book_row(row):
    return row["side"], row["price"], row["size"]


def trade_row(row):
    return trade_id(row), row["price"], row["size"], row["side"]


def compare_tickers(name, reading, rows, raw_of):
    got = {raw_of[symbol]: of_symbol for symbol, of_symbol in rows["ticker"].items()}
    check(set(got) == set(reading.tickers), f"{name} ticker: symbols {sorted(set(got) ^ set(reading.tickers))} are on one side only")
    for raw, wanted in reading.tickers.items():
        same(f"{name} ticker {raw}", [{key: row[key] for key in values} for row, values in zip(got.get(raw, []), wanted)], wanted)
        check(len(got.get(raw, [])) == len(wanted), f"{name} ticker {raw}: {len(got.get(raw, []))} rows, {len(wanted)} wanted")


def compare_books(name, reading, rows, raw_of):
    for symbol, raw in raw_of.items():
        sides = {"bid": {}, "ask": {}}
        for row in rows["book"].get(symbol, []):
            if row["flags"] & 4:
                sides["bid"].clear(), sides["ask"].clear()
            sides[row["side"]][row["price"]] = row["size"]
        sides = {side: {price: size for price, size in levels.items() if size != 0} for side, levels in sides.items()}
        wanted = reading.books[raw].side if raw in reading.books else {"bid": {}, "ask": {}}
        if raw in reading.books and not reading.books[raw].based:
            continue
        for side in sides:
            differ = sorted(sides[side].items() ^ wanted[side].items())
            check(not differ, f"{name} {raw}: the last book differs in {side}: {differ[:4]}")


def one(tapedeck, name, folder):
    module = importlib.import_module(name)
    os.makedirs(folder)
    paths = common.files(module, folder)
    reading = common.Reading(module).run(common.merged(paths))
    run = subprocess.run([tapedeck, "replay", "--venue", module.VENUE, *paths, "--out", folder + "/out", "--json", "--quiet"],
                         capture_output=True, text=True)
    if not check(run.returncode == 0, f"{name}: replay: {run.stderr[-400:]}"):
        return
    compare(name, reading, tables(folder + "/out", module.VENUE), json.loads(run.stdout))
    print(name, "frames", reading.frames, *(f"{what} {number}" for what, number in sorted(reading.count.items())))


def evidence():
    with tempfile.TemporaryDirectory() as folder:
        for name in common.readings():
            module = importlib.import_module(name)
            reading = common.Reading(module).run(common.merged(common.files(module, folder)))
            count = reading.count
            print(module.VENUE, reading.frames, count["snapshots"] + count["deltas"], count["links"], count["sums"],
                  count["trades"], count["tickers"])


def main():
    if sys.argv[1:] == ["--evidence"]:
        return evidence()
    tapedeck, folder = sys.argv[1:3]
    names = sys.argv[3:] or common.readings()
    check(names, "there are readings")
    for name in names:
        one(tapedeck, name, os.path.join(folder, name))
    finish()


main()
