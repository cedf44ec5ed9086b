#!/usr/bin/env python3
"""live.py FOLDER: the recorder beside the bundled exchange, a row for each book event, two models; connections end, updates are lost,
a checksum is wrong. FOLDER/live/data is then what compare.py judges. Prints its claims as the other scenarios do (../oracle)."""
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "oracle")]

from claims import claim, guarded, note  # noqa: E402
from deck import Exchange, Recorder, names, wait_for  # noqa: E402
from verdicts import Traffic, check_ended, drain, ready  # noqa: E402

VENUES = ("coinbase", "binance", "kraken")
SYMBOLS = 3
RATE = 500
MODELS = "sgd-v1@500=spread_bps+imbalance+depth+volatility late@3000=imbalance_L5+log_return"
KEYS = f"[features]\nsets = quotewatch,levels,structural,dynamic,rolling,optional\nemit = event\n[model]\nmodels = {MODELS}\n"
# Venue, fault, the place of its symbol (None: the whole connection).
FAULTS = (("binance", "drop", 0), ("kraken", "wrong_checksum", 0), ("coinbase", "close", None), ("binance", "eof", None),
          ("kraken", "rst", None))


def disturb(exchange, traffic, recorder, venue, kind, place):
    symbol = None if place is None else recorder.symbols[venue][place]
    since_ns = traffic.look()[-1][0].recv_ns
    before = exchange.fault(venue, kind, symbol)
    exchange.injected(venue, kind, before)
    lost = [symbol] if symbol else recorder.symbols[venue]
    wait_for(f"{venue} {kind}: books again", lambda: all(traffic.rebuilt_after(venue, name, since_ns) for name in lost), 20)


def live(folder):
    exchange = Exchange(folder / "exchange", RATE, SYMBOLS)
    try:
        recorder = Recorder(folder / "live", exchange.port, exchange.ca, {venue: names(venue, SYMBOLS) for venue in VENUES},
                            segment=KEYS).start()
        traffic = Traffic(recorder)
        ready(traffic, recorder)
        for fault in FAULTS:
            disturb(exchange, traffic, recorder, *fault)
        more = len(traffic.look()) + 1500
        wait_for("messages go on", lambda: len(traffic.look()) > more, 20)
        drain(exchange, recorder, traffic)
        check_ended(recorder, recorder.stop(), traffic, "live")
        code, said = recorder.verify()
        claim("live: all segments verify", code == 0, said)
        note(f"live: {recorder.report['frames']} frames, rows {recorder.report['rows']}")
    finally:
        exchange.stop()


if __name__ == "__main__":
    work = Path(sys.argv[1]).resolve()

    def scenario():
        live(work)
    scenario.__name__ = "live"
    guarded(scenario)
