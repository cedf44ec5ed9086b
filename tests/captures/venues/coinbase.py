"""Coinbase Exchange: no sequence; matches name the maker's side; one old match comes with each subscription."""
import json

import common

VENUE, FILES, RULE = "coinbase", ["COINBASE.symbols", "COINBASE.ws.28"], "none"
TAKER = {"buy": "sell", "sell": "buy"}
NAMES = {"price": "last", "open_24h": "open", "high_24h": "high", "low_24h": "low", "volume_24h": "base_volume",
         "best_bid": "bid", "best_ask": "ask", "last_size": "last_size"}


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    kind, raw = message["type"], message.get("product_id")
    if kind == "snapshot":
        levels = [(key[:3], *level) for key in message if key in ("bids", "asks") for level in message[key]]
        yield "book", raw, True, levels, {}
    elif kind == "l2update":
        yield "book", raw, False, [("bid" if side == "buy" else "ask", *level) for side, *level in message["changes"]], {}
    elif kind in ("match", "last_match"):
        yield "trade", raw, message["trade_id"], message["price"], message["size"], TAKER[message["side"]]
    elif kind == "ticker":
        yield "ticker", raw, {new: message.get(old) for old, new in NAMES.items()}


if __name__ == "__main__":
    common.main()
