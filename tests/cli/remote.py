#!/usr/bin/env python3
"""remote.py put PORT BUCKET FOLDER PREFIX   carries a data folder into a store of tests/stores/fault_store.py as `tape sync` would: ready/
                                          becomes PREFIX/bronze/, certificates/ stays. Keys key:secret.
remote.py totals PORT                     requests and bytes of bodies answered so far
remote.py ranges PORT SINCE               how many GETs with a range there were since entry SINCE of the log, and how many without"""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "stores"))
from fault_client import Client, quoted  # noqa: E402
from fault_control import ask  # noqa: E402
import json  # noqa: E402


class Running:
    """A store that somebody else has started."""

    def __init__(self, port):
        self.port, self.tls = port, False


def put(port, bucket, folder, prefix):
    client, folder = Client(Running(port)), Path(folder)
    for top, layer in (("ready", "bronze"), ("certificates", "certificates")):
        for file in sorted((folder / top).rglob("*")):
            if file.is_file():
                key = f"/{bucket}/{prefix}/{layer}/{file.relative_to(folder / top)}"
                status, _, body = client.send("PUT", "/".join(map(quoted, key.split("/"))), body=file.read_bytes())
                if status != 200:
                    sys.exit(f"{key}: {status} {body.decode()}")


def main(what, port, *rest):
    if what == "put":
        put(int(port), *rest)
    elif what == "totals":
        totals = json.loads(ask(int(port), "totals", {}))
        print(totals["requests"], totals["body_out"])
    else:
        gets = [entry for entry in json.loads(ask(int(port), "log", {"since": rest[0]})) if entry["verb"] == "get"]
        print(sum(1 for entry in gets if entry["range"]), sum(1 for entry in gets if not entry["range"]))


main(*sys.argv[1:])
