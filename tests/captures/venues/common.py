"""What all independent readings share: lines of the recorded files, books by their rule, and what the rows must be.

A reading is a module of this folder: VENUE, FILES, RULE (none, sum, conn1, prev, range, book1), and
    read(state, direction, payload) -> ("book", raw, full, levels, numbers) | ("trade", raw, id, price, size, side)
                                       | ("ticker", raw, values) | ("link", holds) | ("sum", holds)
It may have HOLDS (changes wait for a base), DEPTH (of a feed that is pruned), symbol(raw) (the unified name, where it is not obvious),
LISTED_TWICE (trade ids that come again are one trade; the default), respell(direction, payload) (an older form into the one that is read),
prepare(paths, folder) (the same by a program).
`python3 NAME.py` prints what it counts.
"""
import base64
import glob
import heapq
import os
import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal

ZERO = Decimal(0)


def captures():
    here = os.path.dirname(os.path.abspath(__file__))
    shared = os.environ.get("TAPEDECK_SHARED", "../shared")
    root = os.path.join(here, "..", "..", "..")
    return os.path.join(shared if os.path.isdir(shared) else os.path.join(root, shared), "captures")


def readings():
    """Names of the modules of this folder that are readings."""
    here = os.path.dirname(os.path.abspath(__file__))
    return sorted(os.path.basename(path)[:-3] for path in glob.glob(here + "/*.py") if re.search(r"^VENUE\b", open(path).read(), re.M))


def lines(path):
    unpack = subprocess.Popen(["zstd", "-dcfq", path], stdout=subprocess.PIPE)  # -f: a plain file comes as it is
    for line in unpack.stdout:
        time, direction, payload = line.rstrip(b"\n").split(b"\t", 2)
        yield int(time), direction.decode(), payload
    if unpack.wait():
        raise SystemExit(f"{path}: cannot be unpacked")


def merged(paths):
    """(time, direction, payload): the oldest line first; on a tie the file named first. Payload: bytes, or (url, body) of an answer."""
    for time, direction, payload in heapq.merge(*(lines(path) for path in paths), key=lambda line: line[0]):
        if direction in "be":
            payload = base64.b64decode(payload)
        if direction == "h":
            url, body = payload.split(b"\t", 1)
            payload = url.decode(), body
        yield time, direction, payload


class Book:
    def __init__(self):
        self.side = {"bid": {}, "ask": {}}
        self.based = self.joined = False
        self.last, self.held = 0, []

    def set(self, side, price, size):
        if size == 0:
            self.side[side].pop(price, None)
        else:
            self.side[side][price] = size

    def prune(self, depth):
        for side, levels in self.side.items():
            for price in sorted(levels, reverse=side == "ask")[:max(0, len(levels) - depth)]:
                del levels[price]


class Reading:
    """All that a module reads of its files, and what must be stored of it."""

    def __init__(self, module):
        self.module = module
        self.rule, self.holds = module.RULE, getattr(module, "HOLDS", False)
        self.depth = getattr(module, "DEPTH", 0)
        self.frames, self.count = 0, Counter()
        self.books, self.rows, self.trades, self.tickers, self.ids = {}, {}, {}, {}, set()

    def run(self, frames):
        state = {}
        for _, direction, payload in frames:
            if direction in "<beh":
                self.frames += 1
            for event in self.module.read(state, direction, payload) or ():
                getattr(self, event[0])(*event[1:])
        return self

    def link(self, holds):
        self.count["links" if holds else "broken links"] += 1

    def sum(self, holds):
        self.count["sums" if holds else "broken sums"] += 1

    def trade(self, raw, id, price, size, side):
        if id is not None and (raw, id) in self.ids and getattr(self.module, "LISTED_TWICE", True):
            self.count["repeated trades"] += 1
            return
        self.ids.add((raw, id))
        self.count["trades"] += 1
        self.trades.setdefault(raw, []).append((None if id is None else str(id), Decimal(price), Decimal(size), side))

    def ticker(self, raw, values):
        self.count["tickers"] += 1
        self.tickers.setdefault(raw, []).append({name: float(text) for name, text in values.items() if text is not None})

    def book(self, raw, full, levels, numbers):
        self.count["snapshots" if full else "deltas"] += 1
        self.count["levels"] += len(levels)
        book = self.books.setdefault(raw, Book())
        levels = [(side, Decimal(price), Decimal(size)) for side, price, size in levels]
        if full:
            self.base(raw, book, levels, numbers)
        elif self.holds and not book.based:
            book.held.append((levels, numbers))
        else:
            self.delta(raw, book, levels, numbers)

    def base(self, raw, book, levels, numbers):
        last = int(numbers.get("last") or 0)
        if self.holds and book.based and last <= book.last:
            self.count["old bases"] += 1
            return
        book.side = {"bid": {}, "ask": {}}
        book.based, book.joined, book.last = True, False, last
        self.apply(raw, book, [level for level in levels if level[2] > 0])
        held, book.held = book.held, []
        for event in held:
            self.delta(raw, book, *event)

    def delta(self, raw, book, levels, numbers):
        verdict = self.judge(book, numbers)
        self.count[verdict] += 1
        if verdict != "applied":
            return
        if numbers.get("last") is not None:
            book.last, book.joined = int(numbers["last"]), True
        self.apply(raw, book, levels)

    def judge(self, book, numbers):
        if not book.based or self.rule in ("sum", "conn1") or numbers.get("last") is None:
            return "applied"
        last, first, prev = (int(numbers.get(name) or 0) for name in ("last", "first", "prev"))
        old = "old" if last <= book.last else "gaps"
        if self.rule == "none":
            return "old" if self.holds and not book.joined and last <= book.last else "applied"
        if self.rule == "range":
            return "applied" if last > book.last and first <= book.last + 1 else old
        if self.rule == "prev":
            spans = not book.joined and 0 < first <= book.last <= last
            return "applied" if prev == book.last or spans else old
        return "applied" if last == book.last + 1 else old

    def apply(self, raw, book, levels):
        for side, price, size in levels:
            book.set(side, price, size)
        if self.depth:
            book.prune(self.depth)
        self.rows.setdefault(raw, []).extend(levels)

    def symbol(self, raw):
        if hasattr(self.module, "symbol"):
            return self.module.symbol(raw)
        return raw.replace("/", "-").replace("_", "-").upper()


def files(module, folder):
    """Paths of the module's captures; those of an older form are re-spelled into `folder` first."""
    paths = [os.path.join(captures(), name + ".zst") for name in module.FILES]
    if hasattr(module, "prepare"):
        return module.prepare(paths, folder)
    if not hasattr(module, "respell"):
        return paths
    out = []
    for path in paths:
        out.append(os.path.join(folder, os.path.basename(path)[:-len(".zst")]))
        with open(out[-1], "wb") as file:
            for time, direction, payload in lines(path):
                payload = module.respell(direction, payload)
                if payload is not None:
                    file.write(b"%d\t%s\t%s\n" % (time, direction.encode(), payload))
    return out


def main(module_name="__main__"):
    import tempfile
    module = sys.modules[module_name]
    with tempfile.TemporaryDirectory() as folder:
        reading = Reading(module).run(merged(files(module, folder)))
    print(module.VENUE, "frames", reading.frames, *(f"{name} {number}" for name, number in sorted(reading.count.items())))
