"""KuCoin: sequenceStart..sequenceEnd, joined to a base by HTTP whose URL names the symbol. Entries of price 0 are no levels."""
import json
from urllib.parse import parse_qs, urlparse

import common

VENUE, FILES, RULE, HOLDS = "kucoin", ["KUCOIN.symbols", "KUCOIN.http.0", "KUCOIN.ws.1"], "range", True


def base(payload):
    url, body = payload
    if "/orderbook/level2" not in url:
        return
    data = json.loads(body, parse_float=str, parse_int=str)["data"]
    raw = parse_qs(urlparse(url).query)["symbol"][0]
    levels = [(side, *level) for side in ("bid", "ask") for level in data[side + "s"]]
    yield "book", raw, True, levels, {"last": data["sequence"]}


def update(state, raw, data):
    last = state.get(raw)
    if last is not None:
        yield "link", int(data["sequenceStart"]) == last + 1
    state[raw] = int(data["sequenceEnd"])
    levels = [(side, price, size) for side in ("ask", "bid") for price, size, _ in data["changes"][side + "s"] if price != "0"]
    yield "book", raw, False, levels, {"first": data["sequenceStart"], "last": data["sequenceEnd"]}


def read(state, direction, payload):
    if direction == "h":
        yield from base(payload)
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    topic, _, raw = message.get("topic", "").partition(":")
    data = message.get("data")
    if topic == "/market/level2":
        yield from update(state, raw, data)
    elif topic == "/market/match":
        yield "trade", raw, data["tradeId"], data["price"], data["size"], data["side"]
    elif topic == "/market/ticker":
        yield "ticker", raw, {"bid": data["bestBid"], "bid_size": data["bestBidSize"], "ask": data["bestAsk"],
                              "ask_size": data["bestAskSize"], "last": data["price"], "last_size": data["size"]}


if __name__ == "__main__":
    common.main()
