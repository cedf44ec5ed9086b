"""What the recorder must write for a capture, worked out with Python's json module and dictionaries alone: no code of the
product is used, and numbers stay the wire's text (Decimal) throughout.

    frames = merged([FILE...])                 lines of several captures in the order of their receive times
    wanted = Oracle("binance").run(frames)     rows, final books and the bucket of every frame
"""
import datetime
import heapq
import json
import re
import subprocess
import zlib
from collections import Counter
from decimal import Decimal
from urllib.parse import parse_qs, urlparse

SNAPSHOT, LAST, CLEAR, NO_TIME, TIME_BACK, IMPLIED, MARKER = 1, 2, 4, 8, 16, 32, 128
AGGREGATED = 4  # of a trade
KRAKEN_DEPTH = 1000
ZERO = Decimal(0)


class Wire(str):
    """A bare JSON number in its own digits."""


def parse(text):
    return json.loads(text, parse_float=Wire, parse_int=Wire)


def lines(path):
    unpack = subprocess.Popen(["zstd", "-dcfq", path], stdout=subprocess.PIPE)  # -f: a plain file comes as it is
    for line in unpack.stdout:
        time, direction, payload = line.decode().rstrip("\n").split("\t", 2)
        yield int(time), direction, payload
    if unpack.wait():
        raise SystemExit(f"{path}: cannot be unpacked")


def merged(paths):
    """The oldest line first; on a tie the file named first."""
    return heapq.merge(*(lines(path) for path in paths), key=lambda line: line[0])


def stamp(text):
    """RFC 3339 -> ns, digit by digit."""
    day, fraction = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z", text).groups()
    seconds = datetime.datetime.fromisoformat(day + "+00:00").timestamp()
    return int(seconds) * 10**9 + int(((fraction or "") + "000000000")[:9])


class Row:
    """One row of `book`, `trades` or `ticker`; compared field by field with what stands in the file."""

    def __init__(self, recv, event, **values):
        self.recv_us, self.event_us, self.event_rem = recv // 1000, event // 1000, 0 if event == recv else event % 1000
        self.__dict__.update(values)


class Book:
    def __init__(self):
        self.bid, self.ask = {}, {}
        self.state, self.seq, self.joined, self.based = "syncing", 0, False, False
        self.held, self.newest, self.decimals, self.crossed = [], 0, [0, 0], 0

    def side(self, name):
        return self.bid if name == "bid" else self.ask

    def set(self, side, price, size):
        if size == 0:
            self.side(side).pop(price, None)
        else:
            self.side(side)[price] = size

    def sums(self, decimals):
        """CRC32 over asks rising, then bids falling, ten of each: tokens without point and leading zeros."""
        text = ""
        for levels in (sorted(self.ask.items())[:10], sorted(self.bid.items(), reverse=True)[:10]):
            for price, size in levels:
                for value, places in ((price, decimals[0]), (size, decimals[1])):
                    text += format(value, f".{places}f").replace(".", "").lstrip("0")
        return zlib.crc32(text.encode())


def sanitised(symbol):
    """As it stands in paths and columns."""
    return re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|%]', "-", symbol)


class Oracle:
    def __init__(self, venue):
        self.take = getattr(self, venue)
        self.frames, self.buckets = 0, Counter()
        self.books, self.book_rows, self.trade_rows, self.ticker_rows = {}, {}, {}, {}
        self.last_trade, self.trade_gaps, self.missed, self.newest = {}, Counter(), Counter(), {}
        self.gaps = Counter()
        self.texts = 0  # prices and sizes seen on the wire

    def run(self, frames):
        for recv, direction, payload in frames:
            if direction not in "<bh":
                continue
            self.frames += 1
            url, body = payload.split("\t", 1) if direction == "h" else (None, payload)
            self.buckets[self.take(recv, url, parse(body))] += 1
        return self

    def book(self, symbol):
        return self.books.setdefault(symbol, Book())

    def number(self, text):
        self.texts += 1
        return Decimal(text)

    # ---- rows ----

    def time_flags(self, key, event):
        """`key` names the stream whose stamps must not step back."""
        if event is None:
            return NO_TIME
        if event < self.newest.get(key, 0):
            return TIME_BACK
        self.newest[key] = event
        return 0

    def apply(self, symbol, recv, event, seq, source, snapshot, levels, state, depth=None, proves=None):
        """Levels into the book, and their rows: a snapshot clears and leaves out empty levels."""
        book = self.book(symbol)
        flags = self.time_flags((symbol, "book"), event) | (SNAPSHOT if snapshot else 0)
        if snapshot:
            book.bid.clear(), book.ask.clear()
            levels = [level for level in levels if level[2] > 0]
        for side, price, size in levels:
            book.set(side, price, size)
        out = [(side, price, size, flags) for side, price, size in levels]
        for side in ("bid", "ask") if depth else ():
            kept = book.side(side)
            for price in sorted(kept, reverse=side == "ask")[:max(0, len(kept) - depth)]:
                del kept[price]
                out.append((side, price, ZERO, flags & (NO_TIME | TIME_BACK) | IMPLIED))
        if not out and snapshot:
            out.append(("bid", ZERO, ZERO, flags | MARKER))
        if proves and not proves(book):
            self.gaps["checksum"] += book.state == "proven"  # else it falls into the hole that is open
            state, book.based = "broken", False
        book.state = state
        rows = self.book_rows.setdefault(symbol, [])
        for i, (side, price, size, bits) in enumerate(out):
            bits |= (LAST if i + 1 == len(out) else 0) | (CLEAR if snapshot and i == 0 else 0)
            rows.append(Row(recv, recv if event is None else event, seq=seq, side=side, price=price, size=size, flags=bits,
                            state=state, source=source))
        return state

    def trade(self, symbol, recv, event, id, price, size, taker, raw, listed=False, more=0):
        """False: seen before."""
        id, last = int(id), self.last_trade.get(symbol)
        if last is not None and id <= last:
            return False
        if last is not None and id > last + 1:
            self.trade_gaps[symbol] += 1
            self.missed[symbol] += id - last - 1
        self.last_trade[symbol] = id
        flags = more | (SNAPSHOT if listed else self.time_flags((symbol, "trades"), event))
        rows = self.trade_rows.setdefault(symbol, [])
        rows.append(Row(recv, event, trade_id=id, price=self.number(price), size=self.number(size), side=taker, side_raw=raw,
                        flags=flags | LAST))
        return True

    def ticker(self, symbol, recv, event, kind, values):
        flags = self.time_flags((symbol, "ticker"), event)
        self.ticker_rows.setdefault(symbol, []).append(
            Row(recv, recv if event is None else event, kind=kind, flags=flags | LAST,
                values={name: float(text) for name, text in values.items() if text is not None}))

    # ---- Coinbase Exchange: no sequence; matches name the maker's side ----

    def coinbase(self, recv, url, message):
        if url:
            return "ok"
        kind, symbol = message["type"], message.get("product_id")
        event = stamp(message["time"]) if "time" in message else None
        if kind == "snapshot":
            levels = [(key[:3], self.number(price), self.number(size)) for key in message if key in ("bids", "asks")
                      for price, size in message[key]]
            self.book(symbol).based = True
            self.apply(symbol, recv, event, None, "ws", True, levels, "proven")
        elif kind == "l2update":
            levels = [("bid" if side == "buy" else "ask", self.number(price), self.number(size))
                      for side, price, size in message["changes"]]
            book = self.book(symbol)
            self.apply(symbol, recv, event, None, "ws", False, levels, "proven" if book.based else "syncing")
        elif kind in ("match", "last_match"):
            taker = {"buy": "sell", "sell": "buy"}[message["side"]]
            new = self.trade(symbol, recv, event, message["trade_id"], message["price"], message["size"], taker,
                             message["side"], kind == "last_match")
            return "ok" if new else "stale"
        elif kind == "ticker":
            names = {"price": "last", "last_size": "last_size", "open_24h": "open", "high_24h": "high", "low_24h": "low",
                     "volume_24h": "base_volume", "best_bid": "bid", "best_bid_size": "bid_size", "best_ask": "ask",
                     "best_ask_size": "ask_size"}
            self.ticker(symbol, recv, event, "ticker", {new: message.get(old) for old, new in names.items()})
        else:
            return "ok" if kind == "heartbeat" else "ignored"
        return "ok"

    # ---- Binance spot: deltas are held until a base joins them ----

    QUOTES = ("USDT", "BTC", "ETH", "EUR")

    def binance(self, recv, url, message):
        if url and "/depth" not in url:
            return "ok"
        if url:
            raw = parse_qs(urlparse(url).query)["symbol"][0]
            return self.binance_base(recv, self.binance_symbol(raw), message)
        data = message.get("data", message)
        kind = data.get("e")
        if kind is None and "B" in data:
            self.ticker(self.binance_symbol(data["s"]), recv, None, "bbo",
                        {"bid": data["b"], "bid_size": data["B"], "ask": data["a"], "ask_size": data["A"]})
            return "ok"
        if kind in ("trade", "aggTrade"):
            taker, id = "sell" if data["m"] else "buy", data["t" if kind == "trade" else "a"]
            new = self.trade(self.binance_symbol(data["s"]), recv, int(data["T"]) * 10**6, id, data["p"], data["q"], taker,
                             "true" if data["m"] else "false", more=AGGREGATED if kind == "aggTrade" else 0)
            return "ok" if new else "stale"
        if kind != "depthUpdate":
            return "ignored"
        levels = [(side, self.number(price), self.number(size)) for side, key in (("bid", "b"), ("ask", "a"))
                  for price, size in data[key]]
        delta = (recv, int(data["E"]) * 10**6, int(data["U"]), int(data["u"]), levels)
        symbol = self.binance_symbol(data["s"])
        book = self.book(symbol)
        if not book.based:
            book.held.append(delta)
            return "partial"
        return self.binance_delta(symbol, delta)

    def binance_symbol(self, raw):
        quote = next(q for q in self.QUOTES if raw.endswith(q))
        return sanitised(raw[:-len(quote)] + "-" + quote)

    def binance_base(self, recv, symbol, message):
        book, last = self.book(symbol), int(message["lastUpdateId"])
        if book.based and (last < book.seq or (book.joined and last == book.seq)):
            return "stale"
        levels = [(side, self.number(price), self.number(size)) for side, key in (("bid", "bids"), ("ask", "asks"))
                  for price, size in message[key]]
        book.based, book.joined, book.seq = True, False, last
        self.apply(symbol, recv, None, last, "rest", True, levels, "syncing")
        held, book.held = book.held, []
        for i, delta in enumerate(held):
            if self.binance_delta(symbol, delta) == "gap":
                book.held = held[i:]
                return "gap"
        return "ok"

    def binance_delta(self, symbol, delta):
        book = self.book(symbol)
        recv, event, first, last, levels = delta
        if last <= book.seq:
            return "stale"
        if first > book.seq + 1:
            self.gaps["sequence"] += book.state == "proven"  # else it falls into the hole that is open
            book.based, book.state, book.held = False, "broken", [delta]
            self.book_rows.setdefault(symbol, []).append(  # the state changed and no level did
                Row(recv, event, seq=last, side="bid", price=ZERO, size=ZERO, flags=MARKER | LAST, state="broken", source="ws"))
            return "gap"
        book.seq, book.joined = last, True
        self.apply(symbol, recv, event, last, "ws", False, levels, "proven")
        return "ok"

    # ---- Kraken v2: fixed depth, proven by a checksum ----

    def kraken(self, recv, url, message):
        if url:
            return "ok"
        channel = message.get("channel")
        if channel == "book":
            for item in message["data"]:
                state = self.kraken_book(recv, message["type"] == "snapshot", item)
            return "gap" if state == "broken" and self.broke_now else "ok"
        if channel == "ticker":
            for item in message["data"]:
                names = {"bid": "bid", "bid_qty": "bid_size", "ask": "ask", "ask_qty": "ask_size", "last": "last",
                         "volume": "base_volume", "vwap": "vwap", "low": "low", "high": "high", "change": "change",
                         "change_pct": "percentage"}
                event = stamp(item["timestamp"]) if "timestamp" in item else None
                self.ticker(item["symbol"].replace("/", "-"), recv, event, "ticker",
                            {new: item.get(old) for old, new in names.items()})
            return "ok"
        if channel == "trade":
            return self.kraken_trades(recv, message)
        return "ignored"

    def kraken_trades(self, recv, message):
        items, listed, seen = message["data"], message["type"] == "snapshot", []
        for item in sorted(items, key=lambda item: int(item["trade_id"])):
            symbol = item["symbol"].replace("/", "-")
            seen.append(self.trade(symbol, recv, stamp(item["timestamp"]), item["trade_id"], item["price"], item["qty"],
                                   item["side"], item["side"], listed))
            if seen[-1]:
                self.trade_rows[symbol][-1].flags &= ~LAST
        if seen and seen[-1]:
            self.trade_rows[symbol][-1].flags |= LAST
        return "ok" if all(seen) else "partial" if any(seen) else "stale"

    def kraken_book(self, recv, snapshot, item):
        symbol, levels, decimals = item["symbol"].replace("/", "-"), [], [0, 0]
        for side, key in (("bid", "bids"), ("ask", "asks")):
            for level in item[key]:
                levels.append((side, self.number(level["price"]), self.number(level["qty"])))
                for i, text in enumerate((level["price"], level["qty"])):
                    decimals[i] = max(decimals[i], len(text.partition(".")[2]))
        book = self.book(symbol)
        book.based |= snapshot
        was = book.state if not snapshot else "proven"
        proves = None
        if "checksum" in item and book.based:
            proves = lambda book: book.sums(decimals) == int(item["checksum"])
        event = stamp(item["timestamp"]) if "timestamp" in item else None
        was_based = book.based
        state = self.apply(symbol, recv, event, None, "ws", snapshot, levels, "proven" if book.based else was,
                           depth=KRAKEN_DEPTH, proves=proves)
        self.broke_now = was_based and not book.based
        return state
