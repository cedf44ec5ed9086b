"""HitBTC version 2, read from the recorded texts alone."""
import json

VENUE = "hitbtc"
FILES = ["HITBTC.symbols", "HITBTC.ws.1"]
RULE = "book1"
QUOTES = ["USD", "BTC", "ETH"]  # of the recorded pairs
TICKER = {"bid": "bid", "ask": "ask", "last": "last", "open": "open", "high": "high", "low": "low", "volume": "base_volume",
          "volumeQuote": "quote_volume"}


def symbol(raw):
    quote = next(quote for quote in QUOTES if raw.endswith(quote))
    return f"{raw[:-len(quote)]}-{quote}"


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    method, params = message.get("method", ""), message.get("params")
    if method in ("snapshotOrderbook", "updateOrderbook"):
        raw, number, full = params["symbol"], int(params["sequence"]), method.startswith("snapshot")
        if not full:
            yield "link", number == state[raw] + 1
        state[raw] = number
        levels = [(side, entry["price"], entry["size"]) for side in ("ask", "bid") for entry in params[side]]
        yield "book", raw, full, levels, {"last": number}
    elif method in ("snapshotTrades", "updateTrades"):
        for entry in params["data"]:
            yield "trade", params["symbol"], entry["id"], entry["price"], entry["quantity"], entry["side"]
    elif method == "ticker":
        yield "ticker", params["symbol"], {new: params.get(old) for old, new in TICKER.items()}


if __name__ == "__main__":
    import common
    common.main()
