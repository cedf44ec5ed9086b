"""Binance spot again: the long recording of one symbol, its base inside."""
import binance
import common

VENUE, FILES, RULE, HOLDS = "binance", ["BINANCE_BTCUSDT_2024.ws.1"], "range", True
read = binance.read

if __name__ == "__main__":
    common.main()
