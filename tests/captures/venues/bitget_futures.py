"""Bitget's perpetuals: the same form."""
import common
from bitget import read  # noqa: F401

VENUE, FILES, RULE = "bitget_futures", ["BITGET.symbols", "BITGET.ws.2"], "prev"


if __name__ == "__main__":
    common.main()
