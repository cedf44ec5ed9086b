"""Kraken v2, re-spelled from the recorded v1 (tools/kraken_v2): fixed depth, proven by a checksum over ten levels a side."""
import json
import os
import subprocess
import zlib

import common

VENUE, FILES, RULE, DEPTH = "kraken", ["KRAKEN.symbols", "KRAKEN.ws.48", "KRAKEN.ws.49", "KRAKEN.ws.50"], "sum", 1000
NAMES = {"bid": "bid", "bid_qty": "bid_size", "ask": "ask", "ask_qty": "ask_size", "last": "last", "volume": "base_volume",
         "vwap": "vwap", "low": "low", "high": "high", "change": "change", "change_pct": "percentage"}


def prepare(paths, folder):
    """The symbol list as it is, the rest in version 2."""
    tool = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "tools", "kraken_v2")
    out = paths[:1]
    for path in paths[1:]:
        out.append(os.path.join(folder, os.path.basename(path)[:-len(".zst")]))
        subprocess.run([tool, "-o", out[-1], path], check=True)
    return out


def checksum(book):
    text = ""
    for side, falling in (("ask", False), ("bid", True)):
        for price in sorted(book[side], reverse=falling)[:10]:
            text += "".join(token.replace(".", "").lstrip("0") for token in book[side][price])
    return zlib.crc32(text.encode())


def follow(book, levels):
    for side, price, size in levels:
        key = common.Decimal(price)
        book[side].pop(key, None)
        if common.Decimal(size) != 0:
            book[side][key] = price, size
    for side, falling in (("ask", False), ("bid", True)):
        for price in sorted(book[side], reverse=falling)[DEPTH:]:
            del book[side][price]


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    for item in message.get("data", ()) if message.get("channel") in ("book", "trade", "ticker") else ():
        raw = item["symbol"]
        if message["channel"] == "trade":
            yield "trade", raw, item["trade_id"], item["price"], item["qty"], item["side"]
        elif message["channel"] == "ticker":
            yield "ticker", raw, {new: item.get(old) for old, new in NAMES.items()}
        else:
            full = message["type"] == "snapshot"
            levels = [(side, level["price"], level["qty"]) for side, key in (("bid", "bids"), ("ask", "asks")) for level in item[key]]
            yield "book", raw, full, levels, {}
            book = state.setdefault(raw, {}) if not full else state.update({raw: {"bid": {}, "ask": {}}}) or state[raw]
            follow(book, levels)
            if "checksum" in item:
                yield "sum", checksum(book) == int(item["checksum"])


if __name__ == "__main__":
    common.main()
