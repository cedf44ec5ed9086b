"""Poloniex: lastId is the id before; twenty levels a side."""
import json

import common

VENUE, FILES, RULE, DEPTH = "poloniex", ["POLONIEX.symbols", "POLONIEX.ws.1"], "prev", 20


def books(state, data, full):
    for item in data:
        raw = item["symbol"]
        if raw in state and not full:
            yield "link", item["lastId"] == state[raw]
        state[raw] = item["id"]
        levels = [(side, *level) for side in ("ask", "bid") for level in item[side + "s"]]
        yield "book", raw, full, levels, {"last": item["id"], "prev": None if full else item["lastId"]}


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    data = message.get("data", [])
    if message.get("channel") == "book_lv2":
        yield from books(state, data, message.get("action") == "snapshot")
    elif message.get("channel") == "trades":
        for item in data:
            yield "trade", item["symbol"], item["id"], item["price"], item["quantity"], item["takerSide"]


if __name__ == "__main__":
    common.main()
