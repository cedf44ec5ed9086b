"""Blockchain.com, read from the recorded texts alone."""
import json

VENUE = "blockchain"
FILES = ["BLOCKCHAIN.symbols", "BLOCKCHAIN.ws.1"]
RULE = "conn1"


def read(state, direction, payload):
    if direction != "<":
        return
    message = json.loads(payload, parse_float=str, parse_int=str)
    number = int(message["seqnum"])
    if "last" in state:
        yield "link", number == state["last"] + 1
    state["last"] = number
    if message["channel"] == "l2" and message["event"] in ("snapshot", "updated"):
        levels = [(side[:-1], entry["px"], entry["qty"]) for side in ("bids", "asks") for entry in message[side]]
        yield "book", message["symbol"], message["event"] == "snapshot", levels, {}


if __name__ == "__main__":
    import common
    common.main()
