"""Binance USD-M futures: pu names the update before; the first one after a base L has U <= L <= u."""
import json

import common
from binance import base, levels

VENUE, RULE, HOLDS = "binance_usdm", "prev", True
FILES = ["BINANCE_FUTURES.symbols", "BINANCE_FUTURES.http.0", "BINANCE_FUTURES.ws.1"]


def symbol(raw):
    pair, _, date = raw.partition("_")
    quote = next(q for q in ("USDT", "BUSD", "USDC") if pair.endswith(q))
    return f"{pair[:-len(quote)]}-{quote}-" + ("20" + date if date else "PERP")


def read(state, direction, payload):
    if direction == "h":
        yield from base(payload)
    if direction != "<":
        return
    data = json.loads(payload, parse_float=str, parse_int=str)["data"]
    kind, raw = data["e"], data["s"]
    if kind == "depthUpdate":
        if raw in state:
            yield "link", data["pu"] == state[raw]
        state[raw] = data["u"]
        yield "book", raw, False, levels(data, "b", "a"), {"first": data["U"], "last": data["u"], "prev": data["pu"]}
    elif kind == "aggTrade":
        yield "trade", raw, data["a"], data["p"], data["q"], "sell" if data["m"] else "buy"
    elif kind == "bookTicker":
        yield "ticker", raw, {"bid": data["b"], "bid_size": data["B"], "ask": data["a"], "ask_size": data["A"]}


if __name__ == "__main__":
    common.main()
