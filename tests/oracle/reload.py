"""SIGHUP in mid stream: symbols come and go over connections that stay up, and nobody misses a message."""
import signal

from claims import claim, note
from deck import Exchange, Recorder, names, wait_for
from rows import read
from verdicts import Traffic

VENUES = ("coinbase", "binance", "kraken")


def rewrite(recorder, before, after):
    text = recorder.config.read_text()
    for venue in VENUES:
        text = text.replace(f"symbols = {', '.join(before[venue])}\n", f"symbols = {', '.join(after[venue])}\n")
    recorder.config.write_text(text)
    recorder.process.send_signal(signal.SIGHUP)


def recorded(recorder, venue, symbol):
    return f"exchange={venue} symbol={symbol} event=recorded_from_now" in recorder.log()


def reload(folder):
    exchange = Exchange(folder / "exchange", 1500, 3)
    first = {venue: names(venue, 2) for venue in VENUES}
    more = {venue: names(venue, 3) for venue in VENUES}
    fewer = {venue: names(venue, 3)[1:] for venue in VENUES}
    recorder = Recorder(folder / "reload", exchange.port, exchange.ca, first, scheme="").start()
    traffic = Traffic(recorder)
    try:
        wait_for("all books stream", lambda: recorder.process.poll() is not None or
                 {(i[1], i[2]) for i in traffic.look()} >= {(v, "book") for v in VENUES}, 20)
        rewrite(recorder, first, more)
        added = {venue: more[venue][2] for venue in VENUES}
        wait_for("the added symbols are recorded", lambda: all(recorded(recorder, v, s) for v, s in added.items()), 10)
        seen = len(traffic.look())
        wait_for("traffic goes on", lambda: len(traffic.look()) > seen + 3000, 30)
        rewrite(recorder, more, fewer)
        wait_for("the removed symbols are named", lambda: recorder.log().count("event=no_longer_recorded") == len(VENUES), 10)
        recorder.config.write_text(recorder.config.read_text() + "\nnonsense = 1\n")
        recorder.process.send_signal(signal.SIGHUP)
        wait_for("a wrong file is refused", lambda: "event=reload_refused" in recorder.log(), 10)
        seen = len(traffic.look())
        wait_for("and recording goes on", lambda: len(traffic.look()) > seen + 2000, 30)
        code = recorder.stop()
    finally:
        exchange.stop()
    gaps = read(recorder.data, "gaps")
    kinds = {row["kind"] for row in gaps}
    claim("reload: it ends well", code == 0, recorder.log()[-300:])
    claim("reload: no connection was lost and no trade missed", not kinds & {"trade_id", "sequence", "checksum", "silent"} and
          all(row["note"] == "recording starts" for row in gaps if row["kind"] == "disconnect" and row["phase"] == "open"), sorted(kinds))
    for venue, symbol in added.items():
        rows = read(recorder.data, "book", venue, symbol)
        claim(f"reload: {venue} {symbol} has a proven book and trades", any(r["book_state"] == "proven" for r in rows) and
              read(recorder.data, "trades", venue, symbol), len(rows))
    planned = {(row["exchange"], row["symbol"]) for row in gaps if row["kind"] == "planned" and row["note"] == "no longer configured"}
    claim("reload: the ledger names what is no longer recorded", planned == {(v, first[v][0]) for v in VENUES}, planned)
    verified, said = recorder.verify()
    claim("reload: every file verifies", verified == 0, said)
    note(f"reload: {len(traffic.look())} messages")
