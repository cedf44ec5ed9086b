"""Connections that are replaced while they work: each venue's several times, and not one message is missing, none is stored twice, and no
hole is in the ledger."""
import journal as j
from claims import claim, note
from calm import Trades, check_trades
from deck import Exchange, Recorder, names, wait_for
from rows import read
from verdicts import Traffic, check_ended, check_final_books, check_points, drain, ready

SYMBOLS = 2
RATE = 300
LIFE_S = 4
REPLACED = 2  # times, of each venue
PLANNED, OVERLAP = 2, 1


def ends(traffic, venue, status=None):
    return [f for f, *_ in traffic.look() if f.kind == j.CLOSE and f.source == traffic.venues.index(venue) and
            status in (None, f.status)]


def check_order(traffic, venue):
    """The second connection stands before the first goes; from the first one on the venue is never without."""
    up, wrong, most = set(), [], 0
    for frame, *_ in traffic.items:
        if frame.source != traffic.venues.index(venue):
            continue
        if frame.kind == j.OPEN:
            if (frame.status == OVERLAP) != bool(up):
                wrong.append(("open", frame.conn, frame.status, sorted(up)))
            up.add(frame.conn)
        elif frame.kind == j.CLOSE:
            up.discard(frame.conn)
            if frame.status == PLANNED and not up:
                wrong.append(("nothing left", frame.conn))
        elif frame.kind == j.WS_TEXT and frame.conn not in up:
            wrong.append(("text", frame.conn))
        most = max(most, len(up))
    claim(f"overlap {venue}: the second connection stands before the first goes", not wrong and most == 2, wrong[:3] or most)


def check_venue(recorder, traffic, venue):
    check_order(traffic, venue)
    other = [f for f in ends(traffic, venue) if f.status not in (PLANNED, 1)]
    claim(f"overlap {venue}: every end but the stop's is planned", not other, other[:2])


def check_ledger(recorder, ready_ns):
    rows = [row for row in read(recorder.data, "gaps") if row["ts_recv"] * 1000 > ready_ns and row["kind"] != "stop"]
    other = [(row["kind"], row["channel"], row["note"]) for row in rows if row["kind"] != "planned"]
    missed = [row for row in rows if row["missed"]]
    claim("overlap: the ledger tells of planned closes alone, and that they missed nothing", rows and not other and not missed,
          (len(rows), other[:3], missed[:1]))


def check_rows(exchange, recorder, pairs):
    wrong, looked = [], 0
    for venue, symbol in pairs:
        bad, n = check_points(exchange, recorder.data, venue, symbol, most=40)
        wrong += bad
        looked += n
    claim("overlap: 40 random proven rows of each symbol are right", not wrong and looked == 40 * len(pairs), wrong[:3] or looked)


def overlap(folder):
    exchange = Exchange(folder / "exchange", RATE, SYMBOLS)
    try:
        recorder = Recorder(folder / "overlap", exchange.port, exchange.ca,
                            {venue: names(venue, SYMBOLS) for venue in ("coinbase", "binance", "kraken")},
                            net=f"conn_life_s = {LIFE_S}\n").start()
        traffic = Traffic(recorder)
        pairs = [(venue, symbol) for venue in recorder.symbols for symbol in recorder.symbols[venue]]
        ready(traffic, recorder)
        ready_ns = traffic.look()[-1][0].recv_ns
        trades = Trades(exchange, pairs)
        trades.start()
        wait_for("every venue's connection was replaced",
                 lambda: all(len(ends(traffic, venue, PLANNED)) >= REPLACED for venue in recorder.symbols), 60)
        drain(exchange, recorder, traffic)
        trades.done.set()
        trades.join()
        trades.ask()
        code = recorder.stop()
        check_ended(recorder, code, traffic, "overlap")
        for venue in recorder.symbols:
            check_venue(recorder, traffic, venue)
        check_ledger(recorder, ready_ns)
        check_trades(exchange, recorder, trades, "overlap")
        check_final_books(exchange, recorder, "overlap")
        check_rows(exchange, recorder, pairs)
        counts = {venue: len(ends(traffic, venue, PLANNED)) for venue in recorder.symbols}
        note(f"overlap: {recorder.report['frames']} frames, replaced {counts}, gaps {recorder.report['gaps']}")
    finally:
        exchange.stop()
