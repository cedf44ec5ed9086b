"""Phemex, read from the recorded texts alone: contracts have prices times 10^4 and sizes in contracts, spot (s...) both times 10^8."""
import json
from decimal import Decimal

VENUE = "phemex"
FILES = ["PHEMEX.symbols", "PHEMEX.ws.1", "PHEMEX.ws.2"]
RULE = "none"


def symbol(raw):
    spot = raw.startswith("s")
    name = raw[1:] if spot else raw
    quote = "USDT" if name.endswith("USDT") else "USD"
    return f"{name[:-len(quote)]}-{quote}" + ("" if spot else "-PERP")


def numbers(raw, price, size):
    price_scale, size_scale = (8, 8) if raw.startswith("s") else (4, 0)
    return str(Decimal(price).scaleb(-price_scale)), str(Decimal(size).scaleb(-size_scale))


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    raw, full = message.get("symbol"), message.get("type") == "snapshot"
    if "book" in message:
        levels = [(side[:-1], *numbers(raw, *entry)) for side in ("asks", "bids") for entry in message["book"][side]]
        yield "book", raw, full, levels, {}
    for _, side, price, size in message.get("trades", []):
        yield "trade", raw, None, *numbers(raw, price, size), side.lower()


if __name__ == "__main__":
    import common
    common.main()
