"""Bitstamp, read from the recorded texts alone."""
import json

VENUE = "bitstamp"
FILES = ["BITSTAMP.symbols", "BITSTAMP.http.0", "BITSTAMP.ws.1"]
RULE = "none"
HOLDS = True
SILENT = ["sgbeur"]  # has a base of 518 levels and no other message: a replay knows the names that the socket brings
QUOTES = ["usdt", "usdc", "usd", "eur", "gbp", "btc", "eth", "pax"]


def symbol(raw):
    quote = next(quote for quote in QUOTES if raw.endswith(quote))
    return f"{raw[:-len(quote)]}-{quote}".upper()


def levels(data):
    return [(side[:-1], *level) for side in ("bids", "asks") for level in data[side]]


def read(state, direction, payload):
    if direction == "h":
        url, body = payload
        if "/order_book/" in url:
            data = json.loads(body, parse_float=str, parse_int=str)
            raw = url.rstrip("/").rsplit("/", 1)[1]
            if raw in SILENT:
                return
            yield "book", raw, True, levels(data), {"last": data["microtimestamp"]}
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    data, channel = message["data"], message["channel"]
    raw = channel.rsplit("_", 1)[1]
    if message["event"] == "data":
        yield "book", raw, False, levels(data), {"last": data["microtimestamp"]}
    elif message["event"] == "trade":
        yield "trade", raw, data["id"], data["price_str"], data["amount_str"], {"0": "buy", "1": "sell"}[data["type"]]


if __name__ == "__main__":
    import common
    common.main()
