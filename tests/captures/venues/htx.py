"""HTX: gzip frames; recorded are whole books (depth.step0) and trades. Increments are read by prevSeqNum."""
import base64
import gzip
import json

import common

VENUE, FILES, RULE = "htx", ["HUOBI.symbols", "HUOBI.ws.44"], "prev"

# Sizes like 5993289.85 beside ones of 13 decimals: more than 64 bits of steps, so these books end in gap rows (tests/unit/venue/htx_test.c).
TOO_FINE = (b'"market.xvgeth.depth.step0"', b'"market.fil3susdt.depth.step0"')


def respell(direction, payload):
    """Without the two books whose numbers do not fit."""
    if direction == "b":
        text = gzip.decompress(base64.b64decode(payload))
        if any(name in text for name in TOO_FINE) and b'"tick"' in text:
            return None
    return payload


def levels(tick):
    return [(side, price, size) for side in ("bid", "ask") for price, size in tick.get(side + "s", [])]


def increment(state, raw, tick):
    last = state.get(raw)
    if last is not None:
        yield "link", tick["prevSeqNum"] == last
    state[raw] = tick["seqNum"]
    yield "book", raw, False, levels(tick), {"prev": tick["prevSeqNum"], "first": tick["prevSeqNum"], "last": tick["seqNum"]}


def read(state, direction, payload):
    if direction != "b":
        return
    message = json.loads(gzip.decompress(payload), parse_float=str, parse_int=str)
    if "rep" in message:
        yield "book", message["rep"].split(".")[1], True, levels(message["data"]), {"last": message["data"]["seqNum"]}
    if "ch" not in message:
        return
    _, raw, feed = message["ch"].split(".", 2)
    tick = message["tick"]
    if feed.startswith("mbp"):
        yield from increment(state, raw, tick)
    elif feed.startswith("depth"):
        yield "book", raw, True, levels(tick), {}
    elif feed == "trade.detail":
        for trade in tick["data"]:
            yield "trade", raw, trade["tradeId"], trade["price"], trade["amount"], trade["direction"]
    elif feed == "bbo":
        yield "ticker", raw, {"bid": tick["bid"], "bid_size": tick["bidSize"], "ask": tick["ask"], "ask_size": tick["askSize"]}


if __name__ == "__main__":
    common.main()
