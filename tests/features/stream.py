"""From the raw frames of a journal, read by the second reader (../oracle/journal.py) and the second parsers (../captures/oracle.py), to
what each symbol's features and model must be: no stored table is read here.

    run = Run("coinbase").take(frames)            frames: those of one deck's journal
    run.symbols["BTC-USD"].rows                   Fired, one each firing event; .models[0].out: predictions
"""
import importlib.util
import sys
from bisect import bisect_left, insort
from collections import namedtuple
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path += [str(HERE), str(HERE.parent / "oracle"), str(HERE.parent / "captures"), str(HERE.parent / "compat")]

import journal  # noqa: E402
from history import History  # noqa: E402
from learner import Model  # noqa: E402
from structure import LEVELS, ONE, PLACES, band_volumes  # noqa: E402


def module(name, path):
    """A file by its path: both folders have an oracle.py."""
    spec = importlib.util.spec_from_file_location(name, path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


wire = module("wire", HERE.parent / "captures/oracle.py")

Fired = namedtuple("Fired", "frame recv_ns event_ns seq row")
MODELS = "sgd-v1@500=spread_bps+imbalance+depth+volatility"
BY_STOP = 1  # status of a connection's end


def whole(number):
    """A decimal as an integer of 10^-PLACES, exactly."""
    scaled = number.scaleb(PLACES)
    if scaled != int(scaled):
        raise ValueError(f"{number} has more than {PLACES} decimals")
    return int(scaled)


class Ladder:
    """One side, sorted from the best on: brute force wants the order, and nothing else is kept."""

    def __init__(self, sign):
        self.sign, self.keys, self.sizes = sign, [], {}

    def clear(self):
        self.keys, self.sizes = [], {}

    def set(self, price, size):
        if size and price not in self.sizes:
            insort(self.keys, self.sign * price)
        elif not size and price in self.sizes:
            del self.keys[bisect_left(self.keys, self.sign * price)]
        if size:
            self.sizes[price] = size
        else:
            self.sizes.pop(price, None)

    def levels(self, count=None):
        return ((self.sign * key, self.sizes[self.sign * key]) for key in self.keys[:count])


def models_of(text, compat):
    """As the configuration spells them: id@horizon_ms=feature+feature ..."""
    for word in text.split():
        head, inputs = word.split("=")
        name, horizon_ms = head.split("@")
        yield Model(name, int(horizon_ms), inputs.split("+"), compat=compat)


class Symbol:
    def __init__(self, models, static, compat, wired):
        self.bids, self.asks = Ladder(-1), Ladder(1)
        self.history, self.models, self.rows, self.withheld = History(static, compat, wired), list(models_of(models, compat)), [], 0
        self.seconds, self.since = [], 0  # (number of the row's event, events since the one before) for each second's row

    def lost(self):
        self.history.lost()
        self.flush("flushed")

    def flush(self, why):
        for model in self.models:
            model.flush(why)

    def two_sided(self):
        return self.bids.keys and self.asks.keys and -self.bids.keys[0] < self.asks.keys[0]

    def second(self, proven):
        if self.since and proven and self.two_sided():
            self.seconds.append((len(self.rows) - 1, self.since))
            self.since = 0

    def change(self, levels):
        for side, price, size in levels:
            (self.bids if side == "bid" else self.asks).set(whole(price), whole(size))

    def fire(self, head):
        frame, recv, event, seq = head
        if not self.two_sided():
            self.withheld += 1
            return
        bids, asks = list(self.bids.levels(LEVELS)), list(self.asks.levels(LEVELS))
        both = bids[0][0] + asks[0][0]
        within = band_volumes(self.bids.levels(), both), band_volumes(self.asks.levels(), both)
        row = self.history.book(bids, asks, within, recv if event is None else event)
        self.rows.append(Fired(frame, recv, event, seq, row))
        self.since += 1
        for model in self.models:
            model.event(frame, recv, (both, 2 * ONE), row.own)


class Wire(wire.Oracle):
    """The second parser; what it applies to a book, and which trades it takes, is told to the symbol."""

    def __init__(self, venue, *settings):
        super().__init__(venue)
        self.symbols, self.settings, self.frame, self.held_at = {}, settings, 0, {}

    def symbol(self, name):
        if name not in self.symbols:
            self.symbols[name] = Symbol(*self.settings)
        return self.symbols[name]

    def apply(self, symbol, recv, event, seq, source, snapshot, levels, state, depth=None, proves=None):
        """The rows that the parser makes are what was applied: pruned levels among them."""
        rows = self.book_rows.setdefault(symbol, [])
        mark, mine = len(rows), self.symbol(symbol)
        was, state = self.book(symbol).state, super().apply(symbol, recv, event, seq, source, snapshot, levels, state, depth, proves)
        if snapshot:
            mine.bids.clear(), mine.asks.clear()
            mine.lost()
        mine.change((row.side, row.price, row.size) for row in rows[mark:] if not row.flags & wire.MARKER)
        if was == "proven" and state != "proven":
            mine.lost()
        if state == "proven" and not snapshot:
            mine.fire((self.held_at.get((symbol, seq), self.frame), recv, event, seq))
        return state

    def binance_delta(self, symbol, delta):
        if not self.book(symbol).based or delta[2] > self.book(symbol).seq + 1:
            self.held_at[symbol, delta[3]] = self.frame
        was, said = self.book(symbol).state, super().binance_delta(symbol, delta)
        if said == "gap" and was == "proven":
            self.symbol(symbol).lost()
        return said

    def binance(self, recv, url, message):
        data = message.get("data", message) if isinstance(message, dict) else {}
        if isinstance(data, dict) and data.get("e") == "depthUpdate" and not self.book(self.binance_symbol(data["s"])).based:
            self.held_at[self.binance_symbol(data["s"]), int(data["u"])] = self.frame
        return super().binance(recv, url, message)

    def trade(self, symbol, recv, event, id, price, size, taker, raw, listed=False, more=0):
        new = super().trade(symbol, recv, event, id, price, size, taker, raw, listed, more)
        if new and not listed:
            self.symbol(symbol).history.trade(recv if event is None else event, whole(Decimal(price)), whole(Decimal(size)), taker)
        return new

    def disconnect(self):
        for name, book in self.books.items():
            if book.state == "proven":
                self.symbol(name).lost()
            book.state, book.based, book.held, book.joined = "syncing", False, [], False


class Run:
    """Frames of one venue; `source` is its number in the journal."""

    def __init__(self, venue, source=0, models=MODELS, static=False, compat=False, wired=False):
        self.wire, self.source = Wire(venue, models, static, compat, wired), source
        self.symbols = self.wire.symbols

    def take(self, frames):
        for frame in frames:
            if frame.kind == journal.TICK:
                self.tick(frame.recv_ns)
            elif frame.source == self.source:
                self.one(frame)
        self.seconds()
        for symbol in self.symbols.values():
            symbol.flush("shutdown")
        return self

    def seconds(self):
        for name, symbol in self.symbols.items():
            symbol.second(self.wire.book(name).state == "proven")

    def tick(self, recv_ns):
        self.seconds()
        for symbol in self.symbols.values():
            for model in symbol.models:
                model.due(recv_ns)

    def one(self, frame):
        self.wire.frame = frame.number
        if frame.kind == journal.OPEN or frame.kind == journal.CLOSE and frame.status != BY_STOP:
            self.wire.disconnect()
        data = frame.kind in (journal.WS_TEXT, journal.WS_BINARY) or frame.kind == journal.HTTP and frame.status == 200
        if not data:
            return
        text = frame.payload.decode()
        url, body = text.split("\t", 1) if frame.kind == journal.HTTP else (None, text)
        self.wire.take(frame.recv_ns, url, wire.parse(body))
