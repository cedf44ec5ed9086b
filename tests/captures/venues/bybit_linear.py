"""Bybit v5, linear contracts: as spot."""
import bybit
import common
from bybit import read  # noqa: F401

VENUE, FILES, RULE = "bybit_linear", ["BYBIT_V5.ws.1"], "book1"


def symbol(raw):
    return bybit.symbol(raw) + "-PERP"


if __name__ == "__main__":
    common.main()
