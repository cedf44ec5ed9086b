"""What scenarios of a recorder beside the exchange have in common: when it is ready, what it received, what must hold at its end."""
import random
import time

import journal as j
from claims import claim
from deck import Late, wait_for
from rows import LAST, Book

BUCKETS = ("ok", "ignored", "partial", "malformed", "gap", "stale", "absurd")


class Traffic:
    """What the recorder has received, by venue, kind and symbol, as its journal says; grows by look()."""

    def __init__(self, recorder):
        self.journal = j.Journal(recorder.data / "journal")
        self.venues = list(recorder.symbols)
        self.seen = 0
        self.items = []  # (frame, venue, what, the venue's spelling)

    def look(self):
        frames = self.journal.poll().frames
        complete = len(frames) - (1 if self.journal.missing else 0)
        for frame in frames[self.seen:complete]:
            venue = self.venues[frame.source] if frame.source < len(self.venues) else None
            what, raw = (j.describe(venue, frame) if frame.kind == j.WS_TEXT else ("", None))
            self.items.append((frame, venue, what, raw))
        self.seen = complete
        return self.items

    def count(self, venue, symbol, kinds, after_ns=0):
        raw = spelled(venue, symbol)
        return sum(1 for f, v, what, r in self.look() if v == venue and r == raw and what in kinds and f.recv_ns > after_ns)

    def first(self, venue, condition, after_ns=0):
        for item in self.look():
            if item[1] == venue and item[0].recv_ns > after_ns and condition(item):
                return item[0].recv_ns
        return 0

    def rebuilt_after(self, venue, symbol, after_ns):
        """Time when a new book of that symbol was there and went on, 0 when not yet."""
        raw = spelled(venue, symbol)
        if venue == "binance":
            url = f"symbol={raw}&".encode()
            base = self.first(venue, lambda i: i[0].kind == j.HTTP and i[0].status == 200 and url in i[0].payload[:200], after_ns)
        else:
            base = self.first(venue, lambda i: i[2] == "snapshot" and i[3] == raw and
                              (b'"asks"' in i[0].payload), after_ns)
        return base if base and self.count(venue, symbol, ("book",), base) >= 3 else 0


def spelled(venue, symbol):
    return symbol.replace("-", {"coinbase": "-", "binance": "", "kraken": "/"}[venue])


def ready(traffic, recorder, messages=3):
    """All books are there and live."""
    pairs = [(venue, symbol) for venue, symbols in recorder.symbols.items() for symbol in symbols]

    def all_live():
        if recorder.process.poll() is not None:
            raise Late("the recorder ended: " + recorder.log()[-300:])
        pairs[:] = [p for p in pairs if not (traffic.rebuilt_after(*p, 0) and traffic.count(*p, ("book",)) >= messages)]
        return not pairs
    wait_for("all books are live", all_live, 30)


def drain(exchange, recorder, traffic):
    """Waits for proven books (the last base may be older than the changes that are held, and the next one takes its time), stops the
    market and waits until all that was told stands in the journal. What comes last on a connection shows that all before it is there: a
    heartbeat, and on Binance, which has none, a text that is long for nothing. Returns what was sent, by venue and symbol."""
    wait_for("every book is proven", recorder.is_proven, 60)
    exchange.control("pause")
    since_ns = time.time_ns()
    last = {"coinbase": lambda i: i[2] == "heartbeat", "kraken": lambda i: b'"heartbeat"' in i[0].payload[:30],
            "binance": lambda i: len(i[0].payload) > 5_000_000}
    if "binance" in recorder.symbols:
        exchange.fault("binance", "jumbo")
    for venue in recorder.symbols:
        wait_for(f"{venue} is drained", lambda: traffic.first(venue, last[venue], since_ns), 10)
    return {(venue, symbol): {kind: count[kind] for kind in ("book", "trade", "snapshot")}
            for venue, page in exchange.sent()["venues"].items() for symbol, count in page["symbols"].items()
            if symbol in recorder.symbols.get(venue, ())}


def check_ended(recorder, code, traffic, label):
    """What must hold after every orderly stop."""
    claim(f"{label}: the recorder ends with code 0", code == 0, f"{code} {recorder.log()[-400:]}")
    traffic.look()
    if not claim(f"{label}: it leaves a report", recorder.report is not None, recorder.log()[-400:]):
        return
    report = recorder.report
    frames = traffic.journal.data()
    buckets = sum(report["buckets"][bucket] for bucket in BUCKETS)
    claim(f"{label}: buckets sum to the frames received, and these are the journal's",
          buckets == report["frames"] == len(frames), f"buckets {buckets}, frames {report['frames']}, journal {len(frames)}")
    claim(f"{label}: no allocation after the seal", report["allocations_after_seal"] == 0, report["allocations_after_seal"])
    last = traffic.journal.frames[-1]
    claim(f"{label}: the journal ends with STOP", last.kind == j.STOP, last)
    numbers = [frame.number for frame in traffic.journal.frames]
    claim(f"{label}: frame numbers have no hole", numbers == list(range(1, len(numbers) + 1)), numbers[:3])
    verified, said = recorder.verify()
    claim(f"{label}: tape verify finds nothing", verified == 0, said)


def check_final_books(exchange, recorder, label, skip=()):
    wrong, states = [], []
    for venue in recorder.symbols:
        for symbol in recorder.symbols[venue]:
            if (venue, symbol) in skip:
                continue
            book, last = Book(recorder.data, venue, symbol), None
            for last in book.events():
                pass
            if last is None or last["book_state"] != "proven":
                states.append((venue, symbol, last and last["book_state"]))
            wrong.append(book.differs(exchange))
    wrong = [text for text in wrong if text]
    claim(f"{label}: every book ends proven", not states, states)
    claim(f"{label}: every book ends equal to the oracle's, digit by digit", not wrong, wrong)


def check_points(exchange, data, venue, symbol, window=None, most=20, depth=None):
    """Compares the book at up to `most` proven events, of the window in ns its first ones and random ones: what is wrong, and how
    many were looked at."""
    book = Book(data, venue, symbol)
    states = [(i, row["ts_recv"] * 1000) for i, row in enumerate(r for r in book.rows if r["flags"] & LAST)
              if row["book_state"] == "proven"]
    candidates = [i for i, ns in states if window is None or window[0] <= ns <= window[1]]
    first = candidates[:most // 2] if window else []
    rest = candidates[len(first):]
    chosen = set(first + random.Random(venue + symbol).sample(rest, min(most - len(first), len(rest))))
    wrong = []
    for i, row in enumerate(book.events()):
        if i in chosen:
            seen = book.differs(exchange, row, depth)
            if seen:
                wrong.append(seen)
    return wrong, len(chosen)


def is_whole(rows):
    """Rows of one hole: it is opened and closed; one of trades that the venue's history filled has a further row that says so."""
    phases = [row["phase"] for row in rows]
    filled = phases == ["open", "close", "close"] and rows[-1]["action"] == "backfilled" and rows[-1]["channel"] == "trades"
    return phases == ["open", "close"] or filled
