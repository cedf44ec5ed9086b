"""Crypto.com: the recorded form sends whole books of 150 levels with bare numbers; the present one u and pu."""
import json

import common

VENUE, FILES, RULE, DEPTH = "crypto_com", ["CRYPTO.COM.symbols", "CRYPTO.COM.ws.1"], "prev", 50


def levels(sides):
    return [(side[:-1], *level[:2]) for side in sides if side in ("bids", "asks") for level in sides[side]]


def book(state, raw, item, update):
    numbers = {"last": item.get("u"), "prev": item.get("pu")}
    if update and raw in state:
        yield "link", item["pu"] == state[raw]
    if "u" in item:
        state[raw] = item["u"]
    yield "book", raw, not update, levels(item["update"] if update else item), numbers


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    result = message.get("result")
    if message["method"] != "subscribe" or not result:
        return
    raw, channel = result["instrument_name"], result["channel"]
    for item in result["data"]:
        if channel in ("book", "book.update"):
            yield from book(state, raw, item, channel == "book.update")
        elif channel == "trade":
            yield "trade", raw, item["d"], item["p"], item["q"], item["s"].lower()
        elif channel == "ticker":
            names = {"a": "last", "b": "bid", "bs": "bid_size", "k": "ask", "ks": "ask_size", "h": "high", "l": "low",
                     "v": "base_volume", "c": "change", "oi": "open_interest"}
            yield "ticker", raw, {names[key]: text for key, text in item.items() if key in names}


if __name__ == "__main__":
    common.main()
