"""HitBTC: version 2 was recorded, version 3 is subscribed to, so the recording is re-spelled first. Read from the texts alone."""
import json
from datetime import datetime, timezone

VENUE = "hitbtc"
FILES = ["HITBTC.symbols", "HITBTC.ws.1"]
RULE = "book1"
QUOTES = ["USD", "BTC", "ETH"]  # of the recorded pairs
TICKER = {"b": "bid", "a": "ask", "c": "last", "o": "open", "h": "high", "l": "low", "v": "base_volume", "q": "quote_volume"}
OLD_TICKER = {"a": "ask", "b": "bid", "c": "last", "o": "open", "h": "high", "l": "low", "v": "volume", "q": "volumeQuote"}


def symbol(raw):
    quote = next(quote for quote in QUOTES if raw.endswith(quote))
    return f"{raw[:-len(quote)]}-{quote}"


def milliseconds(text):
    time = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return int(time.timestamp()) * 1000 + time.microsecond // 1000


def respell(direction, payload):
    if direction != "<":
        return payload
    message = json.loads(payload)
    method, old = message.get("method", ""), message.get("params")
    kind = "snapshot" if method.startswith("snapshot") else "update"
    if method.endswith("Orderbook"):
        levels = {side[0]: [[entry["price"], entry["size"]] for entry in old[side]] for side in ("ask", "bid")}
        channel, data = "orderbook/full", {"t": milliseconds(old["timestamp"]), "s": old["sequence"], **levels}
    elif method.endswith("Trades"):
        channel, data = "trades", [{"t": milliseconds(entry["timestamp"]), "i": entry["id"], "p": entry["price"], "q": entry["quantity"],
                                    "s": entry["side"]} for entry in old["data"]]
    elif method == "ticker":
        channel, kind = "ticker/1s", "data"
        data = {"t": milliseconds(old["timestamp"]), **{new: old[name] for new, name in OLD_TICKER.items()}}
    else:
        return payload
    return json.dumps({"ch": channel, kind: {old["symbol"]: data}}, separators=(",", ":")).encode()


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    full = "snapshot" in message
    for raw, data in message.get("snapshot", message.get("update", message.get("data", {}))).items() if "ch" in message else ():
        if message["ch"] == "orderbook/full":
            number = int(data["s"])
            if not full:
                yield "link", number == state[raw] + 1
            state[raw] = number
            levels = [(side, *entry) for side, key in (("ask", "a"), ("bid", "b")) for entry in data[key]]
            yield "book", raw, full, levels, {"last": number}
        elif message["ch"] == "trades":
            for entry in data:
                yield "trade", raw, entry["i"], entry["p"], entry["q"], entry["s"]
        else:
            yield "ticker", raw, {new: data.get(name) for name, new in TICKER.items()}


if __name__ == "__main__":
    import common
    common.main()
