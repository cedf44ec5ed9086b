"""Binance spot: U..u, joined to a base by HTTP whose URL names the symbol."""
import json
from urllib.parse import parse_qs, urlparse

import common

VENUE, FILES, RULE, HOLDS = "binance", ["BINANCE.symbols", "BINANCE.http.0", "BINANCE.ws.1"], "range", True


def levels(message, bids, asks):
    return [(side, price, size) for side, key in (("bid", bids), ("ask", asks)) for price, size in message[key]]


def base(payload):
    url, body = payload
    if "/depth" not in url:
        return
    message = json.loads(body, parse_float=str, parse_int=str)
    raw = parse_qs(urlparse(url).query)["symbol"][0]
    yield "book", raw, True, levels(message, "bids", "asks"), {"last": message["lastUpdateId"]}


def depth(state, data):
    last = state.get(data["s"])
    if last is not None:
        yield "link", int(data["U"]) == last + 1
    state[data["s"]] = int(data["u"])
    yield "book", data["s"], False, levels(data, "b", "a"), {"first": data["U"], "last": data["u"]}


def read(state, direction, payload):
    if direction == "h":
        yield from base(payload)
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    data = message.get("data", message)
    kind = data.get("e")
    if kind == "depthUpdate":
        yield from depth(state, data)
    elif kind in ("trade", "aggTrade"):
        yield "trade", data["s"], data["t" if kind == "trade" else "a"], data["p"], data["q"], "sell" if data["m"] else "buy"
    elif kind is None and "B" in data:
        yield "ticker", data["s"], {"bid": data["b"], "bid_size": data["B"], "ask": data["a"], "ask_size": data["A"]}


if __name__ == "__main__":
    common.main()
