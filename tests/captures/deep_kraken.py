#!/usr/bin/env python3
"""Writes a seeded capture of a Kraken v2 book that is deeper than the subscription, so that levels fall out of it: none such was
recorded. Checksums come from the oracle's own book.

    deep_kraken.py [--wrong N]      --wrong: the checksum of update N is off by one, and a new snapshot follows ten updates later
"""
import random
import sys
from decimal import Decimal

import oracle

PLACES = (1, 8)


def levels(book, side):
    return sorted(book.side(side).items(), reverse=side == "bid")


def side_text(entries):
    return "[" + ",".join(f'{{"price":{price:.1f},"qty":{size:.8f}}}' for price, size in entries) + "]"


def prune(book):
    for side in ("bid", "ask"):
        for price, _ in levels(book, side)[oracle.KRAKEN_DEPTH:]:
            del book.side(side)[price]


class Writer:
    def __init__(self):
        self.random, self.book, self.now = random.Random(20260921), oracle.Book(), 1789966800 * 10**9

    def put(self, direction, text):
        self.now += 10**6
        print(self.now, direction, text, sep="\t")

    def frame(self, kind, bids, asks, checksum, stamp=""):
        self.put("<", f'{{"channel":"book","type":"{kind}","data":[{{"symbol":"DEEP/USD","bids":{side_text(bids)},'
                      f'"asks":{side_text(asks)},"checksum":{checksum}{stamp}}}]}}')

    def size(self):
        return Decimal(self.random.randint(1, 10**10)).scaleb(-8)

    def snapshot(self, over):
        """`over` levels more than the book keeps; no time of its own."""
        for side, sign in (("bid", -1), ("ask", 1)):
            kept = self.book.side(side)
            price = levels(self.book, side)[0][0] if kept else Decimal("50000.0") + sign
            while len(kept) < oracle.KRAKEN_DEPTH + over:
                kept.setdefault(price, self.size())
                price += sign * Decimal(self.random.randint(1, 9)).scaleb(-1)
        bids, asks = levels(self.book, "bid"), levels(self.book, "ask")
        prune(self.book)
        self.frame("snapshot", bids, asks, self.book.sums(PLACES))

    def update(self, wrong):
        changed = {"bid": {}, "ask": {}}
        for _ in range(self.random.randint(1, 6)):
            side = self.random.choice(("bid", "ask"))
            at = self.random.choice(levels(self.book, side)[:200])[0]
            price = at + Decimal(self.random.randint(-3, 3)).scaleb(-1)
            if price <= levels(self.book, "bid")[0][0] if side == "ask" else price >= levels(self.book, "ask")[0][0]:
                continue
            size = Decimal(0) if self.random.random() < 0.3 and price in self.book.side(side) else self.size()
            changed[side][price] = size
            self.book.set(side, price, size)
        prune(self.book)
        micros = self.now // 1000 % 60000000
        self.frame("update", list(changed["bid"].items()), list(changed["ask"].items()), self.book.sums(PLACES) + wrong,
                   f',"timestamp":"2026-09-21T05:00:{micros // 10**6:02d}.{micros % 10**6:06d}Z"')


def main():
    wrong = int(sys.argv[2]) if sys.argv[1:2] == ["--wrong"] else -1
    out = Writer()
    out.put("o", "wss://ws.kraken.com/v2")
    out.snapshot(3)
    for n in range(400):
        out.update(1 if n == wrong else 0)
        if wrong >= 0 and n == wrong + 10:
            out.snapshot(0)


main()
