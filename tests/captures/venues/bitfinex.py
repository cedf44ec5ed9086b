"""Bitfinex v2, read from the recorded arrays alone."""
import json

VENUE = "bitfinex"
FILES = ["BITFINEX.symbols", "BITFINEX.ws.11"]
RULE = "conn1"
TICKER = ["bid", "bid_size", "ask", "ask_size", "change", None, "last", "base_volume", "high", "low"]


def symbol(raw):
    pair = raw[1:]
    base, quote = pair.split(":") if ":" in pair else (pair[:3], pair[3:])
    perpetual = base.endswith("F0") and quote.endswith("F0")
    names = [name[:-2] if perpetual else name for name in (base, quote)]
    return "-".join({"UST": "USDT", "UDC": "USDC"}.get(name, name) for name in names) + ("-PERP" if perpetual else "")


def level(entry):
    price, orders, amount = entry
    size = amount.lstrip("-")
    return "ask" if amount.startswith("-") else "bid", price, "0" if orders == "0" else size


def trade(raw, entry):
    number, _, amount, price = entry
    return "trade", raw, number, price, amount.lstrip("-"), "sell" if amount.startswith("-") else "buy"


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    if isinstance(message, dict):
        if message["event"] == "subscribed":
            state[message["chanId"]] = message["channel"], message["symbol"]
        return
    if "last" in state:
        yield "link", int(message[-1]) == state["last"] + 1
    state["last"] = int(message[-1])
    data = message[1]
    if data in ("hb", "tu"):
        return
    channel, raw = state[message[0]]
    if data == "te":
        yield trade(raw, message[2])
    elif channel == "book":
        full = not data or isinstance(data[0], list)
        yield "book", raw, full, [level(entry) for entry in (data if full else [data])], {}
    elif channel == "trades":
        for entry in data:
            yield trade(raw, entry)
    else:
        yield "ticker", raw, {name: value for name, value in zip(TICKER, data) if name}


if __name__ == "__main__":
    from common import main
    main()
