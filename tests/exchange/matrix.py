"""matrix.py FOLDER [--refuse] [VENUE...]: one recorder on all venues that the exchange speaks and the recorder knows (or on those named), a few
symbols each, the market driven step by step. Faults that break a book meet a symbol of their own, for a book that breaks often waits
ever longer for its next base. With --refuse each venue has one more symbol, which it refuses: the others must not notice. Claims as in tests/oracle/verdicts.py."""
import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracle"))
import deck  # noqa: E402
import rows as stored  # noqa: E402
from claims import claim, guarded, note  # noqa: E402
from deck import Exchange, Recorder, wait_for  # noqa: E402
from verdicts import BUCKETS  # noqa: E402

MESSAGES = (("drop",), ("reorder",), ("garbage",), ("duplicate", "slow", "fragment", "bad_level"), ("wrong_checksum",))  # by symbol
SYMBOLS = len(MESSAGES)
REFUSED = deck.names("coinbase", SYMBOLS + 1)[SYMBOLS].split("-")[0]
REFUSES = "--refuse" in sys.argv
TRADES_KEPT = 64  # by the exchange, of each symbol
CONNECTIONS = (("stall", {"ms": 300}), ("eof", {}), ("rst", {}), ("close", {"code": 1001}))
CHUNK = 60  # messages a symbol between two looks
# A checksum sees so many levels of each side and no more; what the rule cannot see is put right by the next connection.
SEEN_BY_SUM = 10


def spoken():
    """Of the exchange: name, paths, quote and the levels that are shown, 0 all."""
    text = subprocess.run([deck.EXCHANGE, "--help"], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in text.splitlines():
        if line.startswith("  venue "):
            _, name, ws, rest, symbol, shown = line.split()
            found[name] = (ws.lstrip("/"), rest.lstrip("/"), symbol.split("-", 1)[1], int(shown))
    return found


def known():
    """Rule of each venue of the recorder."""
    text = subprocess.run([deck.TAPEDECK, "venues", "--json"], capture_output=True, text=True, check=True).stdout
    return {venue["name"]: venue["rule"] for venue in json.loads(text)}


class Matrix:
    def __init__(self, folder, venues, speaks, rules, symbols=SYMBOLS):
        self.venues, self.speaks, self.rules = venues, speaks, rules
        for name in venues:
            deck.PATH[name], deck.QUOTE[name] = speaks[name][:2], speaks[name][2]
            if speaks[name][3]:
                stored.DEPTH[name] = speaks[name][3]
        refused = {name: f"{REFUSED}-{speaks[name][2]}" for name in venues}
        words = [word for name in venues for word in ("--refuse", f"{name}:{refused[name]}")] if REFUSES else []
        self.exchange = Exchange(folder / "exchange", 1000, symbols + REFUSES, venues=",".join(venues), more=words)
        self.exchange.control("pause")
        self.pairs = [(name, symbol) for name in venues for symbol in deck.names(name, symbols)]
        self.recorder = Recorder(folder / "recorder", self.exchange.port, self.exchange.ca,
                                 {name: deck.names(name, symbols) + [refused[name]] * REFUSES for name in venues}).start()
        self.trades = {pair: {} for pair in self.pairs}
        self.points = []
        self.late = False  # one book that does not come is waited for once

    # ---- driving ----

    def advance(self, messages=CHUNK):
        """So many messages of each symbol that somebody has asked for, all of them told; their trades are remembered."""
        self.exchange.control(f"step?count={messages * len(self.pairs)}")
        wait_for("the steps are made", lambda: self.sent()["steps_left"] == 0 or self.nobody_listens(), 20)
        self.remember_trades(TRADES_KEPT // 2)

    def remember_trades(self, when_so_many):
        page = self.sent()["venues"]
        for venue, symbol in self.pairs:
            count, known = page[venue]["symbols"][symbol], self.trades[venue, symbol]
            if count["trades"] - max(known, default=0) < when_so_many:
                continue
            for trade in self.exchange.get(f"/oracle/trades/{venue}/{symbol}")["recent"]:
                known[trade["id"]] = trade["time_us"]

    def sent(self):
        return self.exchange.get("/oracle/sent")

    def nobody_listens(self):
        return not any(venue["listeners"] for venue in self.sent()["venues"].values())

    def books(self):
        """State of each book and when that was said; None: nothing is said yet."""
        if self.recorder.process.poll() is not None:
            raise deck.Late("the recorder ended: " + self.recorder.log()[-300:])
        done = subprocess.run([deck.TAPEDECK, "status", "--config", self.recorder.config, "--json"], capture_output=True, text=True)
        page = json.loads(done.stdout) if done.stdout.strip() else {}
        return page if "books" in page else None

    def unproven(self, since_ns):
        """Books that are not proven by what the recorder says later than `since_ns`; None: it has not spoken since."""
        page = self.books()
        if page is None or page["published_ns"] < since_ns or page["core_lag_frames"] > 0:
            return None
        return [(b["exchange"], b["symbol"], b["state"]) for b in page["books"]
                if b["state"] != "proven" and not (REFUSES and b["symbol"].startswith(REFUSED))]

    def settle(self, what, seconds=30):
        """Goes on until every book is proven."""
        began = time.monotonic()
        deadline, left = began + seconds, None
        while left != []:
            self.advance()
            self.sync()
            since = time.time_ns()
            left = wait_for("the recorder speaks", lambda: self.spoke(since), 10)[0]
            if left and (self.late or time.monotonic() > deadline):
                claim(f"{what}: every book is proven again", False, left)
                self.late = True
                return
        note(f"{what}: settled in {time.monotonic() - began:.1f} s")

    def spoke(self, since_ns):
        left = self.unproven(since_ns)
        return None if left is None else (left,)

    def sync(self):
        """All that was told has been read by the recorder."""
        self.exchange.control("sync")
        wait_for("the recorder has read all", lambda: self.sent()["unsynced"] == 0, 20)

    # ---- faults ----

    def message_faults(self):
        kinds = {kind for group in MESSAGES for kind in group}
        page = self.sent()["venues"]
        before = {(name, kind): page[name]["faults"][kind] for name in self.venues for kind in kinds}
        for name in self.venues:
            for symbol, group in zip(deck.names(name, SYMBOLS), MESSAGES):
                for kind in group:
                    self.exchange.control(f"fault?venue={name}&kind={kind}&symbol={symbol}")
        missing = before
        for _ in range(4):
            self.advance()
            page = self.sent()["venues"]
            missing = [(name, kind) for name, kind in before if page[name]["faults"][kind] == before[name, kind]]
            if not missing:
                break
        self.exchange.control("disarm")
        for kind in sorted({kind for _, kind in missing}):
            note(f"{kind}: has no place in the texts of {', '.join(name for name, k in missing if k == kind)}")
        self.settle("faults of messages")

    def connection_fault(self, kind, more):
        joined = {name: venue["joined"] for name, venue in self.sent()["venues"].items()}
        connections = {name: venue["listeners"] for name, venue in self.sent()["venues"].items()}
        query = "".join(f"&{key}={value}" for key, value in more.items())
        self.exchange.control(f"fault?kind={kind}{query}")
        if kind != "stall":
            wait_for(f"{kind}: all connect again", lambda: all(
                self.sent()["venues"][name]["joined"] >= joined[name] + connections[name] for name in self.venues), 30)
        self.settle(kind)

    def checkpoint(self, what, wanted):
        """What the books are now; compared when the rows can be read."""
        self.advance(5)
        self.sync()
        true = {pair: self.exchange.book(*pair) for pair in self.pairs}
        self.points.append((what, time.time_ns() // 1000, true, wanted))

    # ---- verdicts ----

    def compare(self, book, true, depth):
        bids, asks = book.levels(depth)
        for side, ours, theirs in (("bid", bids, true["bids"][:depth]), ("ask", asks, true["asks"][:depth])):
            if ours != theirs:
                rank = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
                return (f"{book.venue} {book.symbol} {side} rank {rank}: stored {ours[rank:rank + 2]} of {len(ours)}, "
                        f"true {theirs[rank:rank + 2]} of {len(theirs)}")
        return ""

    def check_books(self, name):
        for venue, symbol in self.pairs:
            if venue != name:
                continue
            book, at = stored.Book(self.recorder.data, venue, symbol), 0
            for what, until_us, true, wanted in self.points:
                state = None
                while at < len(book.rows) and book.rows[at]["ts_recv"] <= until_us:
                    book.apply(book.rows[at])
                    state = book.rows[at]["book_state"]
                    at += 1
                depth = wanted(venue)
                if depth is None:
                    continue
                wrong = self.compare(book, true[venue, symbol], depth or self.speaks[venue][3] or None)
                claim(f"{venue} {symbol}: the book is the true one {what}", state == "proven" and not wrong, f"{state} {wrong}")

    def check_trades(self, name):
        for venue, symbol in self.pairs:
            if venue != name:
                continue
            kept = {number(row) for row in stored.read(self.recorder.data, "trades", venue, symbol)}
            told = self.trades[venue, symbol]
            holes = [(g[0]["ts_from"], g[-1]["ts_to"] or 2 ** 62) for g in stored.all_gaps(self.recorder.data, venue, symbol).values()
                     if g[0]["channel"] in ("trades", "all")]
            lost = [i for i in told if i >= min(kept, default=0) and i not in kept and
                    not any(a - 1_000_000 <= told[i] <= b + 1_000_000 for a, b in holes)]
            claim(f"{venue} {symbol}: every trade is stored or within a hole of the ledger", kept and not lost,
                  f"stored {len(kept)}, lost {lost[:5]} of {len(told)}")

    def check(self):
        self.remember_trades(1)
        sent = self.sent()["venues"]
        code = self.recorder.stop()
        claim("the recorder ends with code 0", code == 0, f"{code} {self.recorder.log()[-400:]}")
        report = self.recorder.report or {"frames": -1, "buckets": dict.fromkeys(BUCKETS, 0)}
        claim("buckets sum to the frames received", sum(report["buckets"][b] for b in BUCKETS) == report["frames"], report["buckets"])
        verified, said = self.recorder.verify()
        claim("tape verify finds nothing", verified == 0, said)
        for name in self.venues:
            claim(f"{name}: the recorder keeps to the venue's limits", not any(sent[name]["violations"].values()), sent[name]["violations"])
            if REFUSES:
                states = {row["book_state"] for row in
                          stored.read(self.recorder.data, "book", name, f"{REFUSED}-{self.speaks[name][2]}")}
                claim(f"{name}: the refused symbol was asked for, and is never proven", sent[name]["refused"] > 0 and
                      "proven" not in states, f"{sent[name]['refused']} {states}")
            self.check_books(name)
            self.check_trades(name)
        told = sum(c[kind] for name in self.venues for c in sent[name]["symbols"].values() for kind in ("book", "trade", "ticker"))
        note(f"{len(self.venues)} venues, {told} messages told")


def number(row):
    """The exchange's own number of a trade: ids that are not plain ones end in it, in hexadecimal where they are not all digits."""
    text = row["trade_uid"]
    if text is None:
        return row["trade_id"] % 10 ** 9
    return int(text[-9:]) if text.isdigit() else int(text.replace("-", "")[-8:], 16)


def behind_messages(rules):
    """Levels to be compared when only a rule has looked after the book: None not at all, 0 all."""
    return lambda venue: {"none": None, "checksum": SEEN_BY_SUM}.get(rules[venue], 0)


def matrix():
    folder, speaks, rules = Path(sys.argv[1]).resolve(), spoken(), known()
    for name in speaks:
        if name not in rules:
            note(f"{name}: the recorder does not know it")
    venues = [name for name in sys.argv[2:] if name in speaks] or [name for name in speaks if name in rules]
    test = Matrix(folder, venues, speaks, rules)
    try:
        test.settle("at the start")
        test.checkpoint("at the start", lambda venue: 0)
        test.message_faults()
        test.checkpoint("behind the faults of messages", behind_messages(rules))
        for kind, more in CONNECTIONS:
            test.connection_fault(kind, more)
        test.checkpoint("at the end", lambda venue: 0)
        test.check()
    finally:
        test.exchange.stop()


if __name__ == "__main__":
    guarded(matrix)
