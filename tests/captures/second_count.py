#!/usr/bin/env python3
"""second_count.py CAPTURES DIR: rows of each symbol as tests/compat/count_captures.py counts them from the original files
(Kraken's in version 1, before they were re-spelled), against those stored below DIR/<sample>. Books of Coinbase and Kraken only:
what Binance holds back until a base came is the oracle's to say."""
import os
import sys
from collections import Counter

import pyarrow.parquet as parquet

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compat"))
import count_captures  # noqa: E402
from tally import check, finish  # noqa: E402

RENAMED = {"XBT": "BTC", "XDG": "DOGE"}


def stored(folder, table):
    rows = Counter()
    for path, _, names in os.walk(os.path.join(folder, "ready", table)):
        for name in names:
            if name.endswith(".parquet"):
                symbol = next(part for part in path.split(os.sep) if part.startswith("symbol="))
                rows[symbol[len("symbol="):]] += parquet.ParquetFile(os.path.join(path, name)).metadata.num_rows
    return rows


def counted(captures, venue, names):
    rows = {"book": Counter(), "trades": Counter(), "ticker": Counter()}
    add = count_captures.FILES[venue][0]
    for name in names:
        count = count_captures.Count()
        for line in count_captures.lines(os.path.join(captures, name + ".zst")):
            add(count, *line)
        for raw, kinds in count.symbols.items():
            symbol = "-".join(RENAMED.get(asset, asset) for asset in raw.split("/"))
            rows["book"][symbol] += kinds["snapshot levels"] + kinds["changes"]
            rows["trades"][symbol] += kinds["trades"]
            rows["ticker"][symbol] += kinds["tickers"]
    return {table: +counter for table, counter in rows.items()}


for sample, names in (("coinbase", ["COINBASE.ws.28"]), ("kraken", ["KRAKEN.ws.48", "KRAKEN.ws.49", "KRAKEN.ws.50"])):
    wanted = counted(sys.argv[1], sample, names)
    for table, rows in wanted.items():
        got = stored(os.path.join(sys.argv[2], sample), table)
        check(rows and got == rows, f"{sample} {table}: {sorted((got - rows).items())} too many, {sorted((rows - got).items())} missing")
finish()
