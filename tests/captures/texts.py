#!/usr/bin/env python3
"""texts.py DIR: a row of book or trades has price_text or size_text exactly where the number has 2^52 steps or more."""
import glob
import sys
from decimal import Decimal
from fractions import Fraction

import pyarrow.parquet as parquet

seen = {True: 0, False: 0}
for path in glob.glob(sys.argv[1] + "/ready/*/**/*.parquet", recursive=True):
    file = parquet.ParquetFile(path)
    if "price_text" not in file.schema_arrow.names:
        continue
    for row in file.read().to_pylist():
        for name in ("price", "size"):
            scale = int(file.schema_arrow.metadata[f"{name}_scale".encode()])
            text = row[f"{name}_text"]
            steps = Fraction(Decimal(text)) if text else Fraction(row[name])
            if (abs(steps) * 10**scale >= 2**52 - (0 if text else Fraction(1, 2))) != bool(text):
                sys.exit(f"{path}: {name} {row[name]} at scale {scale} has text {text}")
            if text and float(text) != row[name]:
                sys.exit(f"{path}: {name} {row[name]} is not the double nearest to {text}")
            seen[bool(text)] += 1
sys.exit(0 if seen[True] > 5 and seen[False] > 5 else f"too few of one kind: {seen}")
