#!/usr/bin/env python3
"""Compares what a replay wrote with what the oracle makes of the same captures.

    compare.py VENUE DIR REPORT CAPTURE...      DIR holds ready/, REPORT is the replay's --json

Frames and buckets; every row of book, trades and ticker, field by field and in order; the last book of each symbol, rebuilt
from the stored rows; each price and size digit for digit. Ends on `N passed, N failed`.
"""
import datetime
import glob
import json
import os
import sys
from decimal import Decimal
from fractions import Fraction

import pyarrow.parquet as parquet

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compat"))
import oracle  # noqa: E402
from tally import check, finish  # noqa: E402

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def exact(value, text, scale):
    """The digits of a stored number: the text where there is one, else the nearest step."""
    if text is not None:
        return Decimal(text)
    return Decimal(round(Fraction(value) * 10**scale)).scaleb(-scale)


def stored(folder, table, venue):
    """symbol -> rows in the order they were written, prices and sizes as exact Decimals."""
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


def micros(time):
    return (time - EPOCH) // datetime.timedelta(microseconds=1)


def head(row):
    return micros(row["ts_recv"]), micros(row["ts_event"]), row["event_ns_rem"]


def wanted_head(row):
    return row.recv_us, row.event_us, row.event_rem


def first_difference(name, symbol, got, wanted):
    for i, (a, b) in enumerate(zip(got, wanted)):
        if a != b:
            return check(False, f"{name} {symbol} row {i}: stored {a}, on the wire {b}")
    return check(len(got) == len(wanted), f"{name} {symbol}: {len(got)} rows stored, {len(wanted)} wanted")


def compare_table(name, rows, wanted, of_row, of_wanted):
    check(sorted(rows) == sorted(wanted), f"{name}: symbols {sorted(rows)} are {sorted(wanted)}")
    for symbol in wanted:
        first_difference(name, symbol, [(*head(r), *of_row(r)) for r in rows.get(symbol, [])],
                         [(*wanted_head(r), *of_wanted(r)) for r in wanted[symbol]])


TICKER_VALUES = ("bid", "bid_size", "ask", "ask_size", "last", "last_size", "open", "high", "low", "close", "vwap",
                 "base_volume", "quote_volume", "change", "percentage", "mark_price", "index_price", "funding_rate",
                 "open_interest")


def compare_rows(tables, want):
    compare_table("book", tables["book"], want.book_rows,
                  lambda r: (r["seq"], r["side"], r["price"], r["size"], r["flags"], r["book_state"], r["source"]),
                  lambda r: (r.seq, r.side, r.price, r.size, r.flags, r.state, r.source))
    compare_table("trades", tables["trades"], want.trade_rows,
                  lambda r: (r["trade_id"], r["side"], r["side_raw"], r["price"], r["size"], r["flags"]),
                  lambda r: (r.trade_id, r.side, r.side_raw, r.price, r.size, r.flags))
    compare_table("ticker", tables["ticker"], want.ticker_rows,
                  lambda r: (r["kind"], r["flags"], {n: r[n] for n in TICKER_VALUES if r[n] is not None}),
                  lambda r: (r.kind, r.flags, r.values))


def compare_books(rows, want, report):
    reported = {book["symbol"]: book for book in report["books"]}
    for symbol, book in want.books.items():
        sides = {"bid": {}, "ask": {}}
        for row in rows.get(symbol, []):
            if row["flags"] & oracle.CLEAR:
                sides["bid"].clear(), sides["ask"].clear()
            if row["size"] == 0:
                sides[row["side"]].pop(row["price"], None)
            else:
                sides[row["side"]][row["price"]] = row["size"]
        for name, levels in (("bid", book.bid), ("ask", book.ask)):
            check(sides[name] == levels, f"{symbol}: rebuilt {name}s differ: "
                  f"{sorted(sides[name].items() ^ levels.items())[:4]}")
        told = reported[symbol]
        check((told["state"], told["bid_levels"], told["ask_levels"]) == (book.state, len(book.bid), len(book.ask)),
              f"{symbol}: reported {told}, wanted {book.state} {len(book.bid)} {len(book.ask)}")


def compare_counts(tables, want, report):
    check(report["frames"] == want.frames, f"frames {report['frames']}, wanted {want.frames}")
    check(sum(report["buckets"].values()) == want.frames, f"buckets {report['buckets']} do not add up to {want.frames}")
    for bucket in report["buckets"]:
        check(report["buckets"][bucket] == want.buckets[bucket],
              f"bucket {bucket}: {report['buckets'][bucket]}, wanted {want.buckets[bucket]}")
    for table, wanted in (("book", want.book_rows), ("trades", want.trade_rows), ("ticker", want.ticker_rows)):
        number = sum(len(rows) for rows in wanted.values())
        check(report["rows"][table] == number, f"rows of {table}: reported {report['rows'][table]}, wanted {number}")
        check(sum(len(rows) for rows in tables[table].values()) == number, f"rows of {table} in the files")
    gaps = {kind: number for kind, number in report["gaps"].items() if kind not in ("start", "stop")}
    wanted = {kind: number for kind, number in want.gaps.items() if number}
    if report["books"]:  # each channel has a hole from the start of the recorder until its book is proven
        wanted["disconnect"] = 3 * len(report["books"])
    if want.trade_gaps:
        wanted["trade_id"] = sum(want.trade_gaps.values())
    check(gaps == wanted, f"gaps {gaps}, wanted {wanted}")
    check(sum(book["trades_missed"] for book in report["books"]) == sum(want.missed.values()), "trades missed")
    check(want.texts > 0, "the oracle read no number at all")


def compare_instruments(folder, venue, want, report):
    rows = stored(folder, "instruments", venue)
    check({book["symbol"] for book in report["books"]} == set(rows), "one instruments row at least for each symbol")
    for path in glob.glob(f"{folder}/ready/*/exchange={venue}/**/*.parquet", recursive=True):
        meta = {k.decode(): v.decode() for k, v in (parquet.ParquetFile(path).schema_arrow.metadata or {}).items()}
        scales = {(row["price_scale"], row["size_scale"]) for row in rows.get(meta["symbol"], [])}
        if meta["table"] in ("book", "trades"):
            check((int(meta["price_scale"]), int(meta["size_scale"])) in scales, f"{path}: scales stand in no instruments row")


def main():
    venue, folder, report = sys.argv[1], sys.argv[2], json.load(open(sys.argv[3]))
    want = oracle.Oracle(venue).run(oracle.merged(sys.argv[4:]))
    tables = {table: stored(folder, table, venue) for table in ("book", "trades", "ticker")}
    compare_counts(tables, want, report)
    compare_rows(tables, want)
    compare_books(tables["book"], want, report)
    compare_instruments(folder, venue, want, report)
    finish()


main()
