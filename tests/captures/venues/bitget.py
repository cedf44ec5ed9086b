"""Bitget: books of v1 (the recordings) and v3. The CRC32 of the best 25 levels a side, as they were printed, proves each of v1."""
import json
import zlib

import common

VENUE, FILES, RULE = "bitget", ["BITGET.symbols", "BITGET.ws.1"], "prev"


def best(side, high):
    return sorted(side.items(), key=lambda level: float(level[0]), reverse=high)[:25]


def checksum(book):
    bids, asks = best(book["bid"], True), best(book["ask"], False)
    words = []
    for i in range(25):
        for levels in (bids, asks):
            if i < len(levels):
                words += levels[i]
    return zlib.crc32(":".join(words).encode())


def apply(state, raw, full, levels):
    """The book with the texts of its numbers; equal prices are printed alike."""
    book = state.setdefault(raw, {"bid": {}, "ask": {}})
    if full:
        book["bid"].clear(), book["ask"].clear()
    for side, price, size in levels:
        if float(size) == 0:
            book[side].pop(price, None)
        else:
            book[side][price] = size
    return book


def books(state, raw, full, data):
    for item in data:
        levels = [(side, *level[:2]) for side, keys in (("ask", ("a", "asks")), ("bid", ("b", "bids")))
                  for level in item.get(keys[0], item.get(keys[1]))]
        numbers = {"last": item["seq"], "prev": None if full else item["pseq"]} if "pseq" in item else {}
        yield "book", raw, full, levels, numbers
        book = apply(state, raw, full, levels)
        if int(item.get("checksum", 0)):
            yield "sum", checksum(book) == int(item["checksum"]) & 0xFFFFFFFF


def tickers(raw, data):
    names = {"last": "last", "bestBid": "bid", "bestAsk": "ask", "open24h": "open", "high24h": "high", "low24h": "low",
             "baseVolume": "base_volume", "quoteVolume": "quote_volume", "markPrice": "mark_price", "indexPrice": "index_price",
             "capitalRate": "funding_rate", "holding": "open_interest"}
    for item in data:
        yield "ticker", raw, {names[key]: text for key, text in item.items() if key in names}


def read(state, direction, payload):
    if direction != "<" or payload == b"pong":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    arg, full = message["arg"], message.get("action") == "snapshot"
    raw, topic = arg.get("symbol", arg.get("instId")), arg.get("topic", arg.get("channel"))
    if "event" in message:
        return
    if topic == "books":
        yield from books(state, raw, full, message["data"])
    elif topic == "trade":
        for _, price, size, side in message["data"]:
            yield "trade", raw, None, price, size, side
    elif topic == "ticker":
        yield from tickers(raw, message["data"])


if __name__ == "__main__":
    common.main()
