"""Segments with receipts as a deck leaves them, of any size: for stores and benches the bytes do not matter, their sums do."""
import hashlib
import json
import random

import fault_sums

FIELDS = {"rows": 1, "row_groups": 1, "ts_event_min": None, "ts_event_max": None, "journal_first_frame": 1, "journal_last_frame": 2,
          "deck": "made", "build": "made", "config_hash": "0000000000000000", "schema_version": 1}


def crc32c_of():
    """The quick one of the stores' own library where it is there."""
    try:
        from swift.common.utils import checksum
        return checksum.crc32c_isal or fault_sums.crc32c
    except (ImportError, NotImplementedError):
        return fault_sums.crc32c


def make(data, number, size, table="book", symbol="BTC-USD", hour=4, date="2026-11-20"):
    """One segment and its receipt below data/ready; returns the segment's key there. The same arguments give the same bytes."""
    year, month, day = date.split("-")
    folder = f"{table}/exchange=made/symbol={symbol}/year={year}/month={month}/day={day}/hour={hour:02}"
    key = f"{folder}/made_{year}{month}{day}T{hour:02}0000Z_{number:05}.parquet"
    path = data / "ready" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    body = b"PAR1" + random.Random(f"{number} {size}").randbytes(size - 8) + b"PAR1"
    path.write_bytes(body)
    receipt = {"segment": path.name, "table": table, "exchange": "made", "symbol": symbol, "bytes": size, "sha256": hashlib.sha256(body).hexdigest(),
               "crc32c": f"{crc32c_of()(body):08x}", "ts_recv_min": f"{date}T{hour:02}:00:00.000000Z",
               "ts_recv_max": f"{date}T{hour:02}:59:59.000000Z", **FIELDS}
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in receipt.items())
    (path.parent / f"_{path.stem}.json").write_text(f"{{\n{lines}\n}}\n")
    return key
