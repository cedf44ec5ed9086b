"""Gemini v2, read from the recorded texts alone."""
import json

VENUE = "gemini"
FILES = ["GEMINI.symbols", "GEMINI.ws.1"]
RULE = "none"
QUOTES = ["GBP", "ETH", "USD", "LTC", "BTC", "EUR"]  # of the recorded pairs


def symbol(raw):
    quote = next(quote for quote in QUOTES if raw.endswith(quote))
    return f"{raw[:-len(quote)]}-{quote}"


def trade(entry):
    side = entry["side"] if entry["side"] in ("buy", "sell") else None
    return "trade", entry["symbol"], entry.get("tid", entry["event_id"]), entry["price"], entry["quantity"], side


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    if message["type"] == "l2_updates":
        raw, full = message["symbol"], message["symbol"] not in state
        state[raw] = True
        yield "book", raw, full, [({"buy": "bid", "sell": "ask"}[side], *rest) for side, *rest in message["changes"]], {}
        for entry in message.get("trades", []):
            yield trade(entry)
    elif message["type"] == "trade":
        yield trade(message)


if __name__ == "__main__":
    import common
    common.main()
