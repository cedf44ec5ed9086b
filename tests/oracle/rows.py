"""Stored rows, and the books that follow from them alone."""
from collections import defaultdict
from decimal import Decimal

import pyarrow.parquet as pq

SNAPSHOT, LAST, CLEAR, TIME_BACK, IMPLIED, MARKER = 1, 2, 4, 16, 32, 128
EXACT_MAX = 2 ** 52
DEPTH = {"kraken": 1000}  # the feed shows no more


def trim(text):
    return text.rstrip("0").rstrip(".") if "." in text else text


def digits(value, scale, text):
    """The exact decimal text of a stored number."""
    return trim(text) if text is not None else trim(f"{value:.{scale}f}")


def files_of(data, table, venue=None, symbol=None):
    pattern = f"ready/{table}/exchange={venue or '*'}/symbol={symbol or '*'}/**/*.parquet"
    return sorted(data.glob(pattern), key=lambda path: path.name)


def read(data, table, venue=None, symbol=None):
    """Rows as dicts, files in the order of their names; times as integers of microseconds."""
    rows = []
    for path in files_of(data, table, venue, symbol):
        file = pq.ParquetFile(path)
        keys = {key.decode(): value.decode() for key, value in file.metadata.metadata.items() if not key.startswith(b"ARROW")}
        table_read = file.read()
        columns = {}
        for name in table_read.column_names:
            column = table_read.column(name)
            columns[name] = (column.cast("int64") if str(column.type).startswith("timestamp") else column).to_pylist()
        for values in zip(*columns.values()):
            row = dict(zip(columns, values))
            if "price" in row:
                row["scales"] = int(keys["price_scale"]), int(keys["size_scale"])
            rows.append(row)
    return rows


class Book:
    """One symbol's book as its rows say, event by event."""

    def __init__(self, data, venue, symbol):
        self.venue, self.symbol = venue, symbol
        self.rows = read(data, "book", venue, symbol)
        self.side = {"bid": {}, "ask": {}}

    def apply(self, row):
        if row["flags"] & CLEAR:
            self.side = {"bid": {}, "ask": {}}
        if row["flags"] & MARKER:
            return
        scales = row["scales"]
        price = digits(row["price"], scales[0], row["price_text"])
        size = digits(row["size"], scales[1], row["size_text"])
        if size == "0":
            self.side[row["side"]].pop(price, None)
        else:
            self.side[row["side"]][price] = size

    def events(self):
        """After each event its last row; the book stands as that row leaves it."""
        for row in self.rows:
            self.apply(row)
            if row["flags"] & LAST:
                yield row

    def levels(self, depth):
        bids = sorted(self.side["bid"].items(), key=lambda level: Decimal(level[0]), reverse=True)
        asks = sorted(self.side["ask"].items(), key=lambda level: Decimal(level[0]))
        return [list(level) for level in bids[:depth]], [list(level) for level in asks[:depth]]

    def differs(self, exchange, row=None, depth=None):
        """What is not as the oracle says at that row (None: now); empty when all is."""
        venue, at = self.venue, {}
        if row is not None:
            at = {"seq": row["seq"]} if venue == "binance" else {"time_us": row["ts_event"]}
        true = exchange.book(venue, self.symbol, depth=depth or DEPTH.get(venue, 10 ** 9), **at)
        bids, asks = self.levels(depth)
        for side, ours, theirs in (("bid", bids, true["bids"]), ("ask", asks, true["asks"])):
            if ours != theirs:
                rank = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
                return (f"{venue} {self.symbol} {at or 'end'} {side} rank {rank}: stored {ours[rank:rank + 2]} "
                        f"of {len(ours)}, true {theirs[rank:rank + 2]} of {len(theirs)}")
        return ""


def all_gaps(data, venue=None, symbol=None):
    """Rows of the ledger by gap_id."""
    found = defaultdict(list)
    for row in read(data, "gaps", venue, symbol):
        found[row["gap_id"]].append(row)
    return found


def is_beginning(rows):
    """The hole of a channel until its first book or message, which every recording begins with."""
    return rows[0]["note"] == "recording starts"


def gaps_of(data, venue=None, symbol=None):
    """The same without the beginnings."""
    return {gap: rows for gap, rows in all_gaps(data, venue, symbol).items() if not is_beginning(rows)}
