"""Gate: the recording is of the older feed, whose bases come by HTTP. Re-spelled into the live one it begins each book with a full message
and goes on with what is newer. U is the u before + 1."""
import json
import os
from urllib.parse import parse_qs, urlparse

import common

VENUE, FILES, RULE = "gate", ["GATEIO.symbols", "GATEIO.http.0", "GATEIO.ws.1"], "range"


def full(url, body):
    raw = parse_qs(urlparse(url).query)["currency_pair"][0]
    base = json.loads(body)
    book = {"full": True, "s": f"ob.{raw}.400", "u": base["id"], "b": base["bids"], "a": base["asks"]}
    return raw, base["id"], book


def change(message):
    book = message["result"]
    return book["s"], {"t": book["t"], "s": f"ob.{book['s']}.400", "U": book["U"], "u": book["u"], "b": book["b"], "a": book["a"]}


def obu(time, book):
    message = {"channel": "spot.obu", "result": {"t": time // 1000000, **book}, "time_ms": time // 1000000}
    return time, "<", json.dumps(message, separators=(",", ":")).encode()


def live(frames):
    """Changes wait for their base; what it has already is left out."""
    bases, held = {}, {}
    for time, direction, payload in frames:
        if direction == "h":
            raw, bases[raw], book = full(*payload)
            yield obu(time, book)
            for book in held.pop(raw, []):
                if book["u"] > bases[raw]:
                    yield obu(time, book)
        elif direction == "<" and b'"spot.order_book_update","event":"update"' in payload:
            raw, book = change(json.loads(payload))
            if raw not in bases:
                held.setdefault(raw, []).append(book)
            elif book["u"] > bases[raw]:
                yield obu(time, book)
        else:
            yield time, direction, payload


def prepare(paths, folder):
    out = os.path.join(folder, "GATEIO.ws.1")
    with open(out, "wb") as file:
        for time, direction, payload in live(common.merged(paths[1:])):
            file.write(b"%d\t%s\t%s\n" % (time, direction.encode(), payload))
    return [paths[0], out]


def book(state, raw, data):
    last, whole = state.get(raw), bool(data.get("full"))
    if last is not None and not whole:
        yield "link", int(data["U"]) <= last + 1 <= int(data["u"])
    state[raw] = int(data["u"])
    levels = [(side, *level) for side in ("bid", "ask") for level in data.get(side[0], [])]
    yield "book", raw, whole, levels, {"first": data.get("U"), "last": data["u"]}


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    data = message.get("result")
    if message.get("event") not in (None, "update"):
        return
    if message["channel"] == "spot.obu":
        yield from book(state, data["s"].split(".")[1], data)
    elif message["channel"] == "spot.trades":
        yield "trade", data["currency_pair"], data["id"], data["price"], data["amount"], data["side"]
    elif message["channel"] == "spot.tickers":
        yield "ticker", data["currency_pair"], {
            "last": data["last"], "bid": data["highest_bid"], "ask": data["lowest_ask"], "high": data["high_24h"], "low": data["low_24h"],
            "percentage": data["change_percentage"], "base_volume": data["base_volume"], "quote_volume": data["quote_volume"]}


if __name__ == "__main__":
    common.main()
