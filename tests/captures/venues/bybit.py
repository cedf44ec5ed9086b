"""Bybit v5, spot: recorded is the top alone; u rises by one, and what has not changed is said again under the same number."""
import json

import common

VENUE, FILES, RULE = "bybit", ["BYBIT_V5.ws.2"], "book1"


def symbol(raw):
    quote = next(q for q in ("USDT", "USDC") if raw.endswith(q))
    return f"{raw[:-len(quote)]}-{quote}"


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    if "topic" not in message:
        return
    data = message["data"]
    raw, number = data["s"], int(data["u"])
    if raw in state and number != state[raw]:
        yield "link", number == state[raw] + 1
    state[raw] = number
    values = {}
    for name, key in (("bid", "b"), ("ask", "a")):
        for price, size in data[key]:
            values |= {name: price, name + "_size": size}
    yield "ticker", raw, values


if __name__ == "__main__":
    common.main()
