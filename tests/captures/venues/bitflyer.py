"""bitFlyer: changes without numbers, a whole book again every five seconds."""
import json

import common

VENUE, FILES, RULE = "bitflyer", ["BITFLYER.symbols", "BITFLYER.ws.1"], "none"
TICKER = {"best_bid": "bid", "best_bid_size": "bid_size", "best_ask": "ask", "best_ask_size": "ask_size", "ltp": "last",
          "volume_by_product": "base_volume"}


def symbol(raw):
    return raw[3:].replace("_", "-") + "-PERP" if raw.startswith("FX_") else raw.replace("_", "-")


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    if message.get("method") != "channelMessage":
        return
    channel, message = message["params"]["channel"], message["params"]["message"]
    head, raw = next((head, channel[len(head):]) for head in ("lightning_board_snapshot_", "lightning_board_", "lightning_executions_",
                                                              "lightning_ticker_") if channel.startswith(head))
    if "board" in head:
        levels = [(side, level["price"], level["size"]) for side in ("bid", "ask") for level in message[side + "s"]]
        yield "book", raw, "snapshot" in head, levels, {}
    elif "executions" in head:
        for item in message:
            yield "trade", raw, item["id"], item["price"], item["size"], item["side"].lower() or None
    else:
        yield "ticker", raw, {TICKER[key]: text for key, text in message.items() if key in TICKER}


if __name__ == "__main__":
    common.main()
