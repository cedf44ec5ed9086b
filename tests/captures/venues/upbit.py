"""Upbit: JSON in binary frames, the whole book each time."""
import json

import common

VENUE, FILES, RULE = "upbit", ["UPBIT.symbols", "UPBIT.ws.62"], "none"


def symbol(raw):
    quote, base = raw.split("-")
    return f"{base}-{quote}"


def read(state, direction, payload):
    if direction != "b":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    raw = message.get("cd")
    if message.get("ty") == "orderbook":
        levels = [level for unit in message["obu"] for level in (("ask", unit["ap"], unit["as"]), ("bid", unit["bp"], unit["bs"]))]
        yield "book", raw, True, levels, {}
    elif message.get("ty") == "trade":
        yield "trade", raw, message["sid"], message["tp"], message["tv"], {"BID": "buy", "ASK": "sell"}[message["ab"]]


if __name__ == "__main__":
    common.main()
