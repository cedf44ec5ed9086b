#!/usr/bin/env python3
"""Counts what the captures of the three venues hold, with Python's json module alone: no code of the product is used.

    tests/compat/count_captures.py [FOLDER]      FOLDER: the captures (default $TAPEDECK_SHARED/captures)

Prints JSON: per venue and file the received frames and, by kind, snapshots, deltas, level changes (of deltas), snapshot
levels, trades, listed trades, tickers and heartbeats, in all and per symbol; for symbol lists the entries. The unit tests of
src/venue hold these numbers as constants.
"""
import json
import os
import subprocess
import sys
from collections import Counter
from urllib.parse import parse_qs, urlparse


def lines(path):
    with subprocess.Popen(["zstd", "-dc", path], stdout=subprocess.PIPE) as unpack:
        for line in unpack.stdout:
            time, direction, payload = line.decode().rstrip("\n").split("\t", 2)
            if direction == "h":
                url, body = payload.split("\t", 1)
                yield direction, url, json.loads(body)
            elif direction == "<":
                yield direction, None, json.loads(payload)
        unpack.stdout.read()
    if unpack.returncode:
        sys.exit(f"{path}: zstd failed")


class Count:
    def __init__(self):
        self.all, self.symbols = Counter(), {}

    def add(self, symbol, kind, number=1):
        self.all[kind] += number
        self.symbols.setdefault(symbol, Counter())[kind] += number

    def frame(self, kind):
        self.all["frames"] += 1
        self.all["frames " + kind] += 1

    def result(self):
        return {"all": dict(self.all), "symbols": {s: dict(c) for s, c in sorted(self.symbols.items())}}


def coinbase(count, direction, url, message):
    if direction == "h":
        count.all["listed symbols"] += len(message)
        return
    kind = message["type"]
    count.frame(kind)
    symbol = message.get("product_id")
    if kind == "snapshot":
        count.add(symbol, "snapshots")
        count.add(symbol, "snapshot levels", len(message["bids"]) + len(message["asks"]))
    elif kind == "l2update":
        count.add(symbol, "deltas")
        count.add(symbol, "changes", len(message["changes"]))
    elif kind in ("match", "last_match"):
        count.add(symbol, "trades")
        if kind == "last_match":
            count.add(symbol, "listed trades")
    elif kind in ("ticker", "heartbeat"):
        count.add(symbol, kind + "s")


def binance(count, direction, url, message):
    if direction == "h":
        if "symbols" in message:
            count.all["listed symbols"] += len(message["symbols"])
            return
        symbol = parse_qs(urlparse(url).query)["symbol"][0]
        count.add(symbol, "snapshots")
        count.add(symbol, "snapshot levels", len(message["bids"]) + len(message["asks"]))
        return
    data = message.get("data", message)
    kind = data.get("e", "bookTicker" if "B" in data else "other")
    count.frame(kind)
    symbol = data.get("s")
    if kind == "depthUpdate":
        count.add(symbol, "deltas")
        count.add(symbol, "changes", len(data["b"]) + len(data["a"]))
    elif kind in ("trade", "aggTrade"):
        count.add(symbol, "trades")
    elif kind in ("bookTicker", "24hrTicker"):
        count.add(symbol, "tickers")


def kraken(count, direction, url, message):
    """Version 1: lists are data, objects are events."""
    if direction == "h":
        count.all["listed symbols"] += sum("wsname" in pair for pair in message["result"].values())
        return
    if isinstance(message, dict):
        count.frame(message["event"])
        return
    channel, symbol = message[-2], message[-1]
    count.frame(channel)
    if channel == "trade":
        count.add(symbol, "trades", len(message[1]))
    elif channel == "ticker":
        count.add(symbol, "tickers")
    elif channel.startswith("book"):
        sides = {key: value for part in message[1:-2] for key, value in part.items() if key != "c"}
        levels = sum(len(value) for value in sides.values())
        kind = "snapshots" if "as" in sides or "bs" in sides else "deltas"
        count.add(symbol, kind)
        count.add(symbol, "snapshot levels" if kind == "snapshots" else "changes", levels)


FILES = {
    "coinbase": (coinbase, ["COINBASE.symbols", "COINBASE.ws.28"]),
    "binance": (binance, ["BINANCE.symbols", "BINANCE.http.0", "BINANCE.ws.1", "BINANCE_BTCUSDT_2024.ws.1"]),
    "kraken": (kraken, ["KRAKEN.symbols", "KRAKEN.ws.48", "KRAKEN.ws.49", "KRAKEN.ws.50"]),
}


def main():
    shared = os.environ.get("TAPEDECK_SHARED", "../shared")
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(shared, "captures")
    out = {}
    for venue, (add, names) in FILES.items():
        for name in names:
            count = Count()
            for line in lines(os.path.join(folder, name + ".zst")):
                add(count, *line)
            out.setdefault(venue, {})[name] = count.result()
    json.dump(out, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
