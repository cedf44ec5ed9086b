"""Gate: U..u joined to a base (HTTP in the recording, a full message of the live feed); trades and tickers of spot."""
import json
from urllib.parse import parse_qs, urlparse

import common

VENUE, FILES, RULE, HOLDS = "gate", ["GATEIO.symbols", "GATEIO.http.0", "GATEIO.ws.1"], "range", True


def levels(message, bids, asks):
    return [(side, price, size) for side, key in (("bid", bids), ("ask", asks)) for price, size in message.get(key, [])]


def base(payload):
    url, body = payload
    if "/order_book?" not in url:
        return
    message = json.loads(body, parse_float=str, parse_int=str)
    raw = parse_qs(urlparse(url).query)["currency_pair"][0]
    yield "book", raw, True, levels(message, "bids", "asks"), {"last": message["id"]}


def update(state, data, raw):
    last, full = state.get(raw), bool(data.get("full"))
    if last is not None and not full:
        yield "link", int(data["U"]) == last + 1
    state[raw] = int(data["u"])
    yield "book", raw, full, levels(data, "b", "a"), {"first": data.get("U"), "last": data["u"]}


def read(state, direction, payload):
    if direction == "h":
        yield from base(payload)
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    data = message.get("result")
    if message.get("event") not in (None, "update"):
        return
    if message["channel"] == "spot.order_book_update":
        yield from update(state, data, data["s"])
    elif message["channel"] == "spot.obu":
        yield from update(state, data, data["s"].split(".")[1])
    elif message["channel"] == "spot.trades":
        yield "trade", data["currency_pair"], data["id"], data["price"], data["amount"], data["side"]
    elif message["channel"] == "spot.tickers":
        yield "ticker", data["currency_pair"], {
            "last": data["last"], "bid": data["highest_bid"], "ask": data["lowest_ask"], "high": data["high_24h"], "low": data["low_24h"],
            "percentage": data["change_percentage"], "base_volume": data["base_volume"], "quote_volume": data["quote_volume"]}


if __name__ == "__main__":
    common.main()
