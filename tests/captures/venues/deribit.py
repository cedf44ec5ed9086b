"""Deribit: each change names the one before it. No trades are recorded."""
import json
import re
from datetime import datetime

import common

VENUE, FILES, RULE = "deribit", ["DERIBIT.symbols", "DERIBIT.ws.1"], "prev"


def symbol(raw):
    pair, *rest = raw.split("-")
    if not rest:
        return pair.replace("_", "-")
    if re.fullmatch(r"\d+[A-Z]{3}\d\d", rest[0]):
        rest[0] = datetime.strptime(rest[0], "%d%b%y").strftime("%Y%m%d")
    if len(rest) == 3:
        return "-".join([pair, *rest])
    base, _, quote = pair.partition("_")
    return f"{base}-{quote or 'USD'}-" + ("PERP" if rest[0] == "PERPETUAL" else rest[0])


def ticker(data):
    names = {"last": "last_price", "bid": "best_bid_price", "bid_size": "best_bid_amount", "ask": "best_ask_price",
             "ask_size": "best_ask_amount", "mark_price": "mark_price", "index_price": "index_price", "open_interest": "open_interest",
             "funding_rate": "funding_8h"}
    values = {name: data[key] for name, key in names.items() if key in data}
    return values | {name: data["stats"][key] for name, key in (("high", "high"), ("low", "low"), ("base_volume", "volume"))}


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    if "method" not in message:
        return
    channel, data = message["params"]["channel"], message["params"]["data"]
    raw = data["instrument_name"]
    if channel.startswith("ticker."):
        yield "ticker", raw, ticker(data)
        return
    full = data["type"] == "snapshot"
    if not full:
        yield "link", data["prev_change_id"] == state[raw]
    state[raw] = data["change_id"]
    levels = [(side, price, "0" if what == "delete" else size)
              for side, key in (("bid", "bids"), ("ask", "asks")) for what, price, size in data[key]]
    yield "book", raw, full, levels, {"prev": data.get("prev_change_id"), "last": data["change_id"]}


if __name__ == "__main__":
    common.main()
