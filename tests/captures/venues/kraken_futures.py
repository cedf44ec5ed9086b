"""Kraken Futures v1: seq rises by one a product, for books and, on its own, for trades."""
import json

import common

VENUE, FILES, RULE = "kraken_futures", ["KRAKEN_FUTURES.symbols", "KRAKEN_FUTURES.ws.1"], "book1"


def symbol(raw):
    return raw


def book(state, message, full, levels):
    raw, seq = message["product_id"], int(message["seq"])
    if not full:
        yield "link", seq == state[raw] + 1
    state[raw] = seq
    yield "book", raw, full, levels, {"last": seq}


def trade(message):
    return "trade", message["product_id"], message["seq"], message["price"], message["qty"], message["side"]


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    feed = message.get("feed")
    if "event" in message:
        return
    if feed == "book_snapshot":
        yield from book(state, message, True, [(side, level["price"], level["qty"])
                                               for side, key in (("bid", "bids"), ("ask", "asks")) for level in message[key]])
    elif feed == "book":
        yield from book(state, message, False, [("bid" if message["side"] == "buy" else "ask", message["price"], message["qty"])])
    elif feed == "trade_snapshot":
        yield from map(trade, message["trades"])
    elif feed == "trade":
        yield trade(message)
    elif feed == "ticker_lite":
        yield "ticker", message["product_id"], {"bid": message["bid"], "ask": message["ask"], "base_volume": message["volume"],
                                                "percentage": message["change"]}


if __name__ == "__main__":
    common.main()
