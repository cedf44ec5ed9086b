"""Binance.US: the wire of Binance spot."""
import common
from binance import read  # noqa: F401

VENUE, FILES, RULE, HOLDS = "binance_us", ["BINANCE_US.symbols", "BINANCE_US.http.0", "BINANCE_US.ws.1"], "range", True

if __name__ == "__main__":
    common.main()
