"""Faults of connections: lost, closed, stalled, refused. Each venue has its own; the others must not notice. In the end a text that
cannot be read, on a venue whose book shows no hole."""
import re

import journal as j
from claims import claim, note
from deck import Exchange, Recorder, names, wait_for
from rows import gaps_of
from verdicts import Traffic, check_ended, check_final_books, check_points, drain, is_whole, ready

SYMBOLS = 2
RATE = 300
STALL_MS = 60000
WINDOW_NS = 12_000_000_000
SILENCE = {"binance": "silence_s = 6\n"}
# Of each venue in turn: what is armed for the next upgrade, then what ends the connection, and the reason that must be told.
PLAN = {
    "coinbase": [(None, "close", {}, "close frame 1001"), ("html", "eof", {}, None)],
    "binance": [(None, "rst", {}, None), ("refuse", "close", {"code": 1012}, "close frame 1012"),
                (None, "stall", {"ms": STALL_MS}, "no data for 6000 ms")],
    "kraken": [(None, "eof", {}, None), ("refuse", "rst", {}, None)],
}


def closes(traffic, venue):
    source = traffic.venues.index(venue)
    return [item[0] for item in traffic.look() if item[0].kind == j.CLOSE and item[0].source == source]


class Outage:
    """One ending of a venue's connection, until its books are there again."""

    def __init__(self, exchange, traffic, venue, refusal, kind, more, reason):
        self.venue, self.refusal, self.kind, self.reason = venue, refusal, kind, reason
        self.closed_before = len(closes(traffic, venue))
        self.from_ns = traffic.look()[-1][0].recv_ns
        self.refused_before = exchange.fault(venue, refusal) if refusal else 0
        exchange.fault(venue, kind, **more)

    def is_over(self, traffic, symbols):
        """Book, trades and ticker of every symbol go on: what comes next is an outage of its own."""
        def goes_on(symbol):
            since = traffic.rebuilt_after(self.venue, symbol, self.from_ns)
            return since and all(traffic.count(self.venue, symbol, (what,), since) for what in ("trade", "ticker"))
        return all(goes_on(symbol) for symbol in symbols)

    def check(self, exchange, traffic):
        ended = closes(traffic, self.venue)[self.closed_before:]
        claim(f"{self.venue} {self.kind}: the journal has the end of the connection", len(ended) == 1, ended)
        if self.reason and ended:
            claim(f"{self.venue} {self.kind}: and its reason", self.reason.encode() in ended[0].payload, ended[0].payload)
        if self.refusal:
            claim(f"{self.venue} {self.refusal}: was met on the way back",
                  exchange.sent(self.venue)["faults"][self.refusal] > self.refused_before)


def go_through(exchange, recorder, traffic):
    """Every venue at its own pace, its outages one after the other."""
    left = {venue: list(plan) for venue, plan in PLAN.items()}
    now, outages = {}, []

    def step():
        for venue in left:
            if venue in now and now[venue].is_over(traffic, recorder.symbols[venue]):
                now.pop(venue).check(exchange, traffic)
            if venue not in now and left[venue]:
                now[venue] = Outage(exchange, traffic, venue, *left[venue].pop(0))
                outages.append(now[venue])
        return not now and not any(left.values())
    wait_for("all venues are back after all their outages", step, 60)
    return outages


def check_ledger(recorder, venue, expected):
    """Each outage is one hole of each symbol's book, trades and ticker, opened and closed."""
    for symbol in recorder.symbols[venue]:
        holes = {}
        for rows in gaps_of(recorder.data, venue, symbol).values():
            if rows[0]["kind"] in ("disconnect", "silent"):
                holes.setdefault(rows[0]["channel"], []).append(is_whole(rows))
        claim(f"{venue} {symbol}: {expected} holes in book, trades and ticker, each opened and closed",
              all(holes.get(channel) == [True] * expected for channel in ("book", "trades", "ticker")), holes)


def check_waits(recorder):
    """Failed tries wait longer each time, never less than 1 s, and as long as the server asked for."""
    log = recorder.log()
    waits = [(m.group(1), int(m.group(2)), m.group(3)) for m in
             re.finditer(r"source=(\w+) event=(?:disconnected|connect_failed).*?next_try_ms=(\d+) reason=\"(.*)\"", log)]
    claim("links: no try comes within 1 s of the last", waits and all(ms >= 1000 for _, ms, _ in waits), waits)
    refused = [(source, ms, why) for source, ms, why in waits if "http status" in why]
    claim("links: HTML and refusal in place of the upgrade are named with their status",
          {(s, re.search(r"status (\d+)", w).group(1)) for s, _, w in refused} ==
          {("coinbase", "503"), ("binance", "429"), ("kraken", "429")}, refused)
    claim("links: Retry-After is obeyed", refused and all(ms >= 2000 for _, ms, _ in refused), refused)
    claim("links: errors are named", all("TD_E_" in m for m in re.findall(r"event=connect_failed .*", log)))




def garble(exchange, recorder, traffic):
    """Coinbase's book shows no hole, so a text that cannot be read breaks the book. Turned bits may make another text of good form,
    which nothing can see: one after the other, until one was unreadable."""
    symbol = recorder.symbols["coinbase"][0]
    for _ in range(10):
        start = traffic.look()[-1][0].recv_ns
        before = exchange.fault("coinbase", "garbage", symbol)
        exchange.injected("coinbase", "garbage", before)
        at = traffic.look()[-1][0].recv_ns
        wait_for("what follows is in the journal", lambda: traffic.count("coinbase", symbol, ("heartbeat",), at), 10)
        if traffic.first("coinbase", lambda i: i[2] == "unreadable", start):
            break
    else:
        claim("coinbase garbage: ten of them, and none unreadable", False)
    wait_for("coinbase has a new book", lambda: traffic.rebuilt_after("coinbase", symbol, start), 25)
    return symbol


def check_garbled(recorder, symbol):
    holes = [[(row["kind"], row["phase"]) for row in rows] for rows in gaps_of(recorder.data, "coinbase", symbol).values()]
    broken = [hole for hole in holes if hole[0][0] == "parse"]
    claim("coinbase garbage: a gap row of kind parse, opened and closed", broken and all(
        hole == [("parse", "open"), ("parse", "close")] for hole in broken), holes)
    claim("coinbase garbage: counted as malformed", recorder.report["buckets"]["malformed"] > 0, recorder.report["buckets"])


def links(folder):
    exchange = Exchange(folder / "exchange", RATE, SYMBOLS)
    try:
        recorder = Recorder(folder / "links", exchange.port, exchange.ca,
                            {venue: names(venue, SYMBOLS) for venue in ("coinbase", "binance", "kraken")}, venue_keys=SILENCE).start()
        traffic = Traffic(recorder)
        ready(traffic, recorder)
        outages = go_through(exchange, recorder, traffic)
        before_garbage_ns = traffic.look()[-1][0].recv_ns
        garbled = garble(exchange, recorder, traffic)
        drain(exchange, recorder, traffic)
        code = recorder.stop()
        check_ended(recorder, code, traffic, "links")
        for venue, plan in PLAN.items():
            check_ledger(recorder, venue, len(plan))
        check_waits(recorder)
        check_garbled(recorder, garbled)
        check_final_books(exchange, recorder, "links")
        wrong, looked = [], 0
        for outage in outages:
            for symbol in recorder.symbols[outage.venue]:
                window = outage.from_ns, min(outage.from_ns + WINDOW_NS, before_garbage_ns)
                bad, n = check_points(exchange, recorder.data, outage.venue, symbol, window, 20)
                wrong += bad
                looked += n
        claim("links: no row marked proven is wrong around an outage", not wrong and looked > 100, wrong or looked)
        note(f"links: {recorder.report['frames']} frames, gaps {recorder.report['gaps']}, {len(outages)} outages, {looked} books compared")
    finally:
        exchange.stop()
