"""Faults of messages: each kind meets a symbol of its own, so that what follows can be laid at its door; one symbol of each venue
meets none and must not notice.

A rule sees what it can: Binance's chain every lost or swapped update, Kraken's checksum what is among the ten best levels,
Coinbase's book nothing (VENUES): there a lost match must show as a hole in the trade ids, a swapped update as a stamp that
steps back, and what was lost from the book stays unseen until the next snapshot."""
import json
import re
import time
from collections import namedtuple

import journal as j
from claims import claim, note
from deck import Exchange, Late, Recorder, names, wait_for
from rows import EXACT_MAX, TIME_BACK, Book, gaps_of, read
from verdicts import Traffic, check_ended, check_final_books, check_points, drain, is_whole, ready, spelled

# gap: the kind (or one of them) that must stand in the ledger for it, None: there must be no row of that symbol. seen: the rule sees
# it, so no proven row may be wrong. checked: levels that the rule covers. more: of the fault.
Case = namedtuple("Case", "kind gap seen checked more", defaults=(None, True, None, {}))
TOP = 10
CASES = {
    "binance": [Case("drop", "sequence"), Case("duplicate"), Case("reorder", "sequence"), Case("garbage", "sequence"),
                Case("bad_level", "overflow"), Case("big_size"), Case("slow"), Case("fragment"), Case("jumbo", checked=500)],
    "kraken": [Case("drop", "checksum", True, TOP, {"count": 8}), Case("duplicate"), Case("reorder", "checksum", True, TOP),
               Case("garbage", "checksum or parse", True, TOP, {"count": 4}), Case("bad_level", "overflow"), Case("big_size"),
               Case("slow"), Case("fragment"), Case("wrong_checksum", "checksum"), Case("jumbo", checked=500)],
    "coinbase": [Case("jumbo", checked=500), Case("drop", "trade_id", True, None, {"channel": "trade"}), Case("duplicate"), Case("reorder", None, False),
                 Case("drop", None, False, None, {"channel": "book"}),
                 Case("bad_level", "overflow"), Case("big_size"), Case("slow"), Case("fragment")],
}
# A base that is answered with something else is asked for again: on Binance, after a drop on symbols of their own.
BASES = ("http_html", "http_refuse")
SYMBOLS = 12
RATE = 900
AFTER_NS = 1_500_000_000


class Injection:
    """One fault that was given: where, and between which times it must have shown."""

    def __init__(self, exchange, traffic, venue, symbol, case):
        self.venue, self.symbol, self.case = venue, symbol, case
        self.from_ns = traffic.look()[-1][0].recv_ns
        self.others = 0  # faults of the same kind on the same venue that were given later
        self.label = f"{venue} {case.kind}" + (f" of a {case.more['channel']} message" if "channel" in case.more else "")
        self.before = exchange.fault(venue, case.kind, symbol, **case.more)

    def wait(self, exchange, traffic):
        count = self.case.more.get("count", 1)
        exchange.injected(self.venue, self.case.kind, self.before + count - 1 + self.others)
        self.until_ns = traffic.look()[-1][0].recv_ns + AFTER_NS

    def wait_for_book(self, traffic, deadline):
        """What broke the book must bring a new one; that none comes is told, and the rows are judged all the same."""
        if self.case.gap in (None, "trade_id"):
            return
        try:
            rebuilt_ns = wait_for("a new book", lambda: traffic.rebuilt_after(self.venue, self.symbol, self.from_ns),
                                  max(0, deadline - time.monotonic()))
            self.until_ns = max(self.until_ns, rebuilt_ns + AFTER_NS)
        except Late:
            claim(f"{self.label}: the book is asked for anew", False, "no base or snapshot came")


def inject(exchange, traffic, recorder):
    given = []
    for venue, cases in CASES.items():
        for symbol, case in zip(recorder.symbols[venue], cases):
            given.append(Injection(exchange, traffic, venue, symbol, case))
            for earlier in given[:-1]:
                earlier.others += (earlier.venue, earlier.case.kind) == (venue, case.kind)
    for injection in given:
        injection.wait(exchange, traffic)
    return given


def refuse_bases(exchange, traffic, symbols):
    """Both answers of the two next bases are something else; they are asked for by a hole."""
    start = traffic.look()[-1][0].recv_ns
    before = {kind: exchange.fault("binance", kind) for kind in BASES}
    for symbol in symbols:
        exchange.fault("binance", "drop", symbol)
    for kind in BASES:
        try:
            exchange.injected("binance", kind, before[kind], 25)
        except Late as late:
            claim(f"binance {kind}: a lost update makes the recorder ask for a base", False, late)
    return start


def check_base(traffic, symbol, since_ns, deadline):
    try:
        came = wait_for("a base", lambda: traffic.rebuilt_after("binance", symbol, since_ns), max(0, deadline - time.monotonic()))
    except Late:
        came = 0
    claim(f"binance {' and '.join(BASES)}: {symbol} is given a base in the end", came, "none came")


def is_plausible(venue, item):
    """A text that nothing could tell from a true one."""
    frame, what = item[0], item[2]
    if what == "unreadable" or len(frame.payload) > 1 << 16:
        return what != "unreadable"
    said = json.loads(frame.payload)
    data = said.get("data", {})
    numbers = [n for side in "ba" for level in data.get(side, []) for n in level]
    return what == "other" or (item[3] in {spelled(venue, s) for s in names(venue, SYMBOLS)} and
                               all(re.fullmatch(r"\d+\.\d+", n) for n in numbers))


def tell_apart(injection, traffic):
    """Bits turned in the digits alone make another well-formed text, and Binance signs nothing: such garbage proves nothing."""
    if (injection.venue, injection.case.kind) != ("binance", "garbage"):
        return
    span = [i for i in traffic.items if i[1] == "binance" and i[0].kind == j.WS_TEXT and
            injection.from_ns <= i[0].recv_ns <= injection.until_ns]
    if not all(is_plausible("binance", item) for item in span):
        return
    note(f"{injection.label}: the turned bits made another well-formed text, which nothing can see")
    injection.case = injection.case._replace(kind="plausible garbage", gap=None, seen=False)


def disturbed(recorder, injection):
    """Gap rows of a symbol that are not the orderly ones."""
    return [row for rows in gaps_of(recorder.data, injection.venue, injection.symbol).values() for row in rows]


def check_gap(recorder, injection):
    case, label = injection.case, injection.label
    rows = disturbed(recorder, injection)
    kinds = {row["kind"] for row in rows}
    if case.gap is None and not (kinds == {"crossed"} and not case.seen):
        claim(f"{label}: no hole, for " + ("nothing was lost" if case.seen else "this venue's book shows none"), not rows, rows[:1])
        return
    if case.gap is None:
        note(f"{label}: a level that should have gone was crossed by the other side, and that was seen")
        case = case._replace(gap="crossed")
    wanted = set(case.gap.split(" or "))
    claim(f"{label}: a gap row of kind {case.gap}, and of no other", kinds and kinds <= wanted, rows[:2] or "no row")
    phases = {}
    for row in rows:
        phases.setdefault(row["gap_id"], []).append(row)
    claim(f"{label}: opened and closed", all(map(is_whole, phases.values())) and phases,
          {hole: [row["phase"] for row in of_hole] for hole, of_hole in phases.items()})


def check_rows(exchange, recorder, injection):
    case, label = injection.case, injection.label
    if not case.seen:
        return
    wrong, looked = check_points(exchange, recorder.data, injection.venue, injection.symbol,
                                 (injection.from_ns, injection.until_ns), 30, case.checked)
    claim(f"{label}: no row marked proven is wrong around it" + (f", among the {case.checked} best" if case.checked else ""),
          not wrong and looked > 0, wrong or "no proven row there")


def check_big_size(recorder, venue, symbol):
    rows = [row for row in read(recorder.data, "book", venue, symbol) if row["size_text"] is not None]
    steps = {int(row["size_text"].replace(".", "")) for row in rows}
    claim(f"{venue} big_size: the row carries the exact text", steps == {EXACT_MAX + 1}, steps)


def check_quiet(exchange, recorder, traffic, venue, symbols):
    """Symbols without a fault: no ledger row, no second base or snapshot."""
    rows, again = [], []
    for symbol in symbols:
        rows += [row for group in gaps_of(recorder.data, venue, symbol).values() for row in group]
        raw = spelled(venue, symbol)
        if venue == "binance":
            bases = sum(1 for i in traffic.items if i[1] == venue and i[0].kind == j.HTTP and
                        f"/depth?symbol={raw}&".encode() in i[0].payload[:200])
        else:
            bases = sum(1 for i in traffic.items if i[1] == venue and i[2] == "snapshot" and i[3] == raw and b'"asks"' in i[0].payload)
        if bases != 1:
            again.append((symbol, bases))
    claim(f"{venue}: symbols without a fault have no gap row", not rows, rows[:2])
    claim(f"{venue}: symbols without a fault are not resynced", not again, again)
    wrong, looked = [], 0
    for symbol in symbols:
        bad, n = check_points(exchange, recorder.data, venue, symbol, most=20)
        wrong += bad
        looked += n
    claim(f"{venue}: symbols without a fault are right at 20 random rows", not wrong and looked == 20 * len(symbols), wrong or looked)


def messages(folder):
    exchange = Exchange(folder / "exchange", RATE, SYMBOLS)
    try:
        recorder = Recorder(folder / "messages", exchange.port, exchange.ca,
                            {venue: names(venue, SYMBOLS) for venue in ("coinbase", "binance", "kraken")}).start()
        traffic = Traffic(recorder)
        ready(traffic, recorder)
        given = inject(exchange, traffic, recorder)
        base_symbols = recorder.symbols["binance"][len(CASES["binance"]):][:2]
        since = refuse_bases(exchange, traffic, base_symbols)
        deadline = time.monotonic() + 30
        for injection in given:
            injection.wait_for_book(traffic, deadline)
        for symbol in base_symbols:
            check_base(traffic, symbol, since, deadline)
        drain(exchange, recorder, traffic)
        code = recorder.stop()
        check_ended(recorder, code, traffic, "messages")
        for injection in given:
            tell_apart(injection, traffic)
            if injection.case.kind == "plausible garbage":
                continue
            check_gap(recorder, injection)
            check_rows(exchange, recorder, injection)
            if injection.case.kind == "big_size":
                check_big_size(recorder, injection.venue, injection.symbol)
            if (injection.case.kind, injection.case.seen) == ("drop", False):
                book = Book(recorder.data, injection.venue, injection.symbol)
                for _ in book.events():
                    pass
                note(f"{injection.label}: unseen until the next snapshot, as VENUES says; the book ended "
                     + ("wrong" if book.differs(exchange) else "right, the lost levels changed again"))
            if (injection.case.kind, injection.case.seen) == ("reorder", False):
                back = [row for row in read(recorder.data, "book", injection.venue, injection.symbol) if row["flags"] & TIME_BACK]
                claim("coinbase reorder: its rows say that time stepped back", back)
        longest = max((len(i[0].payload) for i in traffic.items if i[1] == "coinbase"), default=0)
        claim("coinbase jumbo: a snapshot of 5 MB was taken", longest > 5_000_000, longest)
        for venue in recorder.symbols:
            used = len(CASES[venue]) + (len(BASES) if venue == "binance" else 0)
            check_quiet(exchange, recorder, traffic, venue, recorder.symbols[venue][used:])
        blind = {(i.venue, i.symbol) for i in given if not i.case.seen}
        check_final_books(exchange, recorder, "messages", skip=blind)
        buckets = recorder.report["buckets"]
        claim("messages: malformed, absurd, gap and stale frames are counted",
              all(buckets[b] > 0 for b in ("malformed", "absurd", "gap", "stale")), buckets)
        note(f"messages: {recorder.report['frames']} frames, buckets {buckets}, gaps {recorder.report['gaps']}")
    finally:
        exchange.stop()
