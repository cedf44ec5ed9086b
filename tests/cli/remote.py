#!/usr/bin/env python3
"""remote.py PORT BUCKET FOLDER PREFIX: carries a data folder into a store of tests/stores/fault_store.py as `tape sync` would: ready/ becomes
PREFIX/bronze/, certificates/ stays. Keys key:secret."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "stores"))
from fault_client import Client, quoted  # noqa: E402


class Running:
    """A store that somebody else has started."""

    def __init__(self, port):
        self.port, self.tls = port, False


def main(port, bucket, folder, prefix):
    client, folder = Client(Running(int(port))), Path(folder)
    for top, layer in (("ready", "bronze"), ("certificates", "certificates")):
        for file in sorted((folder / top).rglob("*")):
            if file.is_file():
                key = f"/{bucket}/{prefix}/{layer}/{file.relative_to(folder / top)}"
                status, _, body = client.send("PUT", "/".join(map(quoted, key.split("/"))), body=file.read_bytes())
                if status != 200:
                    sys.exit(f"{key}: {status} {body.decode()}")


main(*sys.argv[1:])
