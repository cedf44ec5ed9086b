"""backfill.py FOLDER: trades that the exchange drops come back from its history. Claims as in tests/oracle/verdicts.py."""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracle"))
import deck  # noqa: E402
import rows as stored  # noqa: E402
from claims import claim, guarded, note  # noqa: E402
from deck import Exchange, Recorder, wait_for  # noqa: E402

VENUES = ("coinbase", "binance", "kraken")
BACKFILL = 64
DROPPED = 3  # trades of each venue


def symbol_of(venue):
    return deck.names(venue, 1)[0]


def filled(recorder, exchange):
    """No trade is missed any longer, of those that are told."""
    exchange.control("sync")
    return all(book["trades_missed_today"] == 0 for book in recorder.books().values())


def missed(recorder):
    """The ledger has told a hole of each; it may be filled already."""
    return all("trade_id" in book["gaps_today"] for book in recorder.books().values())


def run(exchange, messages):
    exchange.control(f"step?count={messages}")
    wait_for("the steps are made", lambda: exchange.sent()["steps_left"] == 0, 20)


def trades_sent(exchange):
    pages = exchange.sent()["venues"]
    return {venue: pages[venue]["symbols"][symbol_of(venue)]["trade"] for venue in VENUES}


def drop_trades(exchange, recorder):
    """Trades of each venue fall out of its stream, and a later one shows it. No more than that: the exchange's history is short."""
    before = {venue: exchange.fault(venue, "drop", symbol_of(venue), channel="trade", count=DROPPED) for venue in VENUES}
    wait_for("trades are dropped", lambda: run(exchange, 30) or all(
        exchange.sent(venue)["faults"]["drop"] >= before[venue] + DROPPED for venue in VENUES), 60)
    dropped = trades_sent(exchange)
    wait_for("trades follow", lambda: run(exchange, 30) or all(
        count > dropped[venue] for venue, count in trades_sent(exchange).items()), 60)


def check(recorder, venue):
    symbol = symbol_of(venue)
    rows = stored.read(recorder.data, "trades", venue, symbol)
    late = [row for row in rows if row["flags"] & BACKFILL]
    ids = [row["trade_id"] for row in rows]
    wanted = set(range(min(ids), max(ids) + 1))
    claim(f"{venue}: no trade is missing and none stands twice", len(ids) == len(set(ids)) and set(ids) == wanted,
          sorted(wanted - set(ids))[:5])
    claim(f"{venue}: what was dropped is marked", len(late) == DROPPED and all(row["source"] == "backfill" for row in late),
          [(row["trade_id"], row["source"]) for row in late])
    claim(f"{venue}: nothing else is", all(row["source"] == "ws" for row in rows if not row["flags"] & BACKFILL))
    gaps = [found for found in stored.gaps_of(recorder.data, venue, symbol).values() if found[0]["kind"] == "trade_id"]
    told = all(found[-1]["action"] == "backfilled" and found[-1]["missed"] == 0 for found in gaps)
    claim(f"{venue}: the ledger says so", gaps and told and sum(found[0]["missed"] for found in gaps) == DROPPED, gaps)


def backfill():
    folder = Path(sys.argv[1]).resolve()
    exchange = Exchange(folder / "exchange", 1000, 1, venues=",".join(VENUES))
    try:
        exchange.control("pause")
        recorder = Recorder(folder / "recorder", exchange.port, exchange.ca,
                            {venue: [symbol_of(venue)] for venue in VENUES}).start()
        wait_for("the books are proven", lambda: run(exchange, 30) or recorder.is_proven(), 40)
        drop_trades(exchange, recorder)
        began = time.monotonic()
        wait_for("the hole shows", lambda: missed(recorder), 40)
        wait_for("the history fills it", lambda: filled(recorder, exchange), 40)
        note(f"filled in {time.monotonic() - began:.1f} s")
        code = recorder.stop()
        claim("the recorder ends with code 0", code == 0, recorder.log()[-400:])
        verified, said = recorder.verify()
        claim("tape verify finds nothing", verified == 0, said)
        for venue in VENUES:
            check(recorder, venue)
    finally:
        exchange.stop()


if __name__ == "__main__":
    guarded(backfill)
