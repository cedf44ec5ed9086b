"""A second reader of the journal, made from docs/FORMAT.md alone; it can follow a file that is being written."""
import json
import struct
from dataclasses import dataclass

import pyarrow as pa

PAGE = 4096
WS_TEXT, WS_BINARY, HTTP, TICK, OPEN, CLOSE, SENT, START, STOP, CONFIG = range(1, 11)
HEAD = struct.Struct("<IHHQQQQQQQIIIIII")


@dataclass
class Frame:
    number: int
    recv_ns: int
    conn: int
    source: int
    status: int
    kind: int
    payload: bytes


def varint(raw, at):
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def signed(value):
    return value >> 1 ^ -(value & 1)


class Journal:
    """One file of one epoch or more; poll() adds what was written since."""

    def __init__(self, folder):
        self.folder = folder
        self.frames = []
        self.at = PAGE
        self.packed, self.raw_bytes = b"", 0
        self.rest, self.missing = None, 0

    def poll(self):
        files = sorted(self.folder.glob("*.tdj"))
        if not files:
            return self
        if len(files) > 1:
            raise ValueError("this reader takes one file")
        with open(files[0], "rb") as file:
            while True:
                file.seek(self.at)
                head = file.read(HEAD.size)
                if len(head) < HEAD.size or head[:4] != b"TDJB":
                    return self
                fields = HEAD.unpack(head)
                flags, skip, raw_bytes, packed_bytes = fields[2], fields[11], fields[12], fields[13]
                payload = file.read(packed_bytes)
                if len(payload) < packed_bytes or crc32c(payload) != fields[14]:
                    return self  # still being written
                self.take_block(payload, flags, skip, raw_bytes)
                self.at += (HEAD.size + packed_bytes + PAGE - 1) // PAGE * PAGE

    def take_block(self, payload, flags, skip, raw_bytes):
        if flags & 1:
            self.packed, self.raw_bytes = b"", 0
        self.packed += payload
        stream = pa.CompressedInputStream(pa.BufferReader(self.packed), "zstd")
        before = self.raw_bytes
        self.raw_bytes += raw_bytes
        raw = stream.read(self.raw_bytes)[before:]
        if len(raw) != raw_bytes:
            raise ValueError("a block unpacks to another length")
        if skip:
            self.rest.payload += raw[:skip]
            self.missing -= skip
        at, last = skip, (0, 0, 0, 0, 0, 0, 0)
        while at < len(raw):
            at, last = self.take_record(raw, at, last)

    def take_record(self, raw, at, last):
        number, recv, conn, source, status, kind, origin = last
        tag = raw[at]
        at += 1
        step = 1
        if tag & 1:
            step, at = varint(raw, at)
        difference, at = varint(raw, at)
        number, recv = number + step, recv + signed(difference)
        if tag & 2:
            _, at = varint(raw, at)
        if tag & 4:
            conn, at = varint(raw, at)
        if tag & 8:
            source, at = varint(raw, at)
        if tag & 16:
            status, at = varint(raw, at)
        if tag & 32:
            kind, at = raw[at], at + 1
        if tag & 64:
            origin, at = raw[at], at + 1
        size, at = varint(raw, at)
        frame = Frame(number, recv, conn, source, status, kind, raw[at:at + size])
        self.missing = size - len(frame.payload)
        self.rest = frame
        self.frames.append(frame)
        return at + size, (number, recv, conn, source, status, kind, origin)

    def data(self, source=None):
        return [f for f in self.frames if f.kind in (WS_TEXT, WS_BINARY, HTTP) and source in (None, f.source)]


def crc_table():
    table = []
    for n in range(256):
        for _ in range(8):
            n = n >> 1 ^ (0x82F63B78 if n & 1 else 0)
        table.append(n)
    return table


TABLE = crc_table()


def crc32c(data):
    table, crc = TABLE, 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def describe(venue, frame):
    """(what, the venue's spelling of the symbol) of a WebSocket text; what: book, trade, ticker, snapshot, heartbeat, other,
    unreadable."""
    text = frame.payload
    if len(text) > 1 << 16:  # only snapshots are so long; not worth a parse
        head = text[:200].decode(errors="replace")
        if '"type":"snapshot"' not in head:
            return "other", None
        key = '"product_id":"' if venue == "coinbase" else '"symbol":"'
        return "snapshot", head.split(key, 1)[1].split('"', 1)[0]
    try:
        said = json.loads(text)
        return {"coinbase": of_coinbase, "binance": of_binance, "kraken": of_kraken}[venue](said)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        return "unreadable", None


def of_coinbase(said):
    what = {"l2update": "book", "match": "trade", "last_match": "snapshot", "snapshot": "snapshot", "ticker": "ticker",
            "heartbeat": "heartbeat"}.get(said["type"], "other")
    return what, said.get("product_id")


def of_binance(said):
    if "stream" not in said:
        return "other", None
    what = {"depth@100ms": "book", "depth": "book", "trade": "trade", "bookTicker": "ticker"}
    return what[said["stream"].split("@", 1)[1]], said["data"]["s"]


def of_kraken(said):
    channel = said.get("channel")
    if channel not in ("book", "trade", "ticker"):
        return "other", None
    what = "snapshot" if said["type"] == "snapshot" else channel
    return what, said["data"][0]["symbol"]
