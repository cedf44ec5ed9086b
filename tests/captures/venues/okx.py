"""OKX v5 before its updates had numbers: the checksum proves each (CRC32 of the best 25 levels a side, as they were printed)."""
import json
import zlib

import common

VENUE, FILES, RULE = "okx", ["OKX.symbols", "OKX.ws.1"], "sum"


def symbol(raw):
    parts = raw.split("-")
    if len(parts) == 3:
        parts[2] = "PERP" if parts[2] == "SWAP" else "20" + parts[2]
    return "-".join(parts)


def crc(book):
    sides = (sorted(book["bid"].items(), key=lambda level: -float(level[0])), sorted(book["ask"].items(), key=lambda level: float(level[0])))
    texts = [":".join(side[i]) for i in range(25) for side in sides if i < len(side)]
    return zlib.crc32(":".join(texts).encode())


def books(state, raw, full, data):
    levels = [(side, *level[:2]) for side, key in (("ask", "asks"), ("bid", "bids")) for level in data[key]]
    if full:
        state[raw] = {"bid": {}, "ask": {}}
    for side, price, size in levels:
        if float(size):
            state[raw][side][price] = size
        else:
            state[raw][side].pop(price, None)
    yield "book", raw, full, levels, {}
    yield "sum", crc(state[raw]) == int(data["checksum"]) % 2**32


def ticker(data):
    names = {"last": "last", "last_size": "lastSz", "ask": "askPx", "ask_size": "askSz", "bid": "bidPx", "bid_size": "bidSz",
             "open": "open24h", "high": "high24h", "low": "low24h"}
    spot = data["instType"] == "SPOT"
    names |= {"base_volume": "vol24h", "quote_volume": "volCcy24h"} if spot else {"base_volume": "volCcy24h"}
    return {name: data[key] for name, key in names.items()}


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    if "event" in message:
        return
    channel, raw = message["arg"]["channel"], message["arg"]["instId"]
    for data in message["data"]:
        if channel == "books":
            yield from books(state, raw, message["action"] == "snapshot", data)
        elif channel == "trades":
            yield "trade", raw, data["tradeId"], data["px"], data["sz"], data["side"]
        elif channel == "tickers":
            yield "ticker", raw, ticker(data)


if __name__ == "__main__":
    common.main()
