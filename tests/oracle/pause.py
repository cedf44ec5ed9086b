"""The recorder's process stopped for seconds (SIGSTOP, as a starved machine does it) and let go on: nothing is lost, for the messages wait
in the sockets, and nothing is told twice."""
import signal
import time

from calm import Trades, check_trades
from claims import claim, note
from deck import Exchange, Recorder, names, wait_for
from rows import read
from verdicts import Traffic, check_ended, check_final_books, check_points, drain, ready

SYMBOLS = 2
RATE = 600
STOPPED_S = 3
TIMES = 2


def pause(folder):
    exchange = Exchange(folder / "exchange", RATE, SYMBOLS)
    try:
        recorder = Recorder(folder / "pause", exchange.port, exchange.ca,
                            {venue: names(venue, SYMBOLS) for venue in ("coinbase", "binance", "kraken")}).start()
        traffic = Traffic(recorder)
        pairs = [(venue, symbol) for venue in recorder.symbols for symbol in recorder.symbols[venue]]
        ready(traffic, recorder)
        ready_ns = traffic.look()[-1][0].recv_ns
        trades = Trades(exchange, pairs)
        trades.start()
        for _ in range(TIMES):
            seen = len(traffic.look())
            recorder.process.send_signal(signal.SIGSTOP)
            time.sleep(STOPPED_S)  # how long it stands still is the fault itself
            recorder.process.send_signal(signal.SIGCONT)
            wait_for("it goes on", lambda: len(traffic.look()) > seen + RATE * (STOPPED_S + 1), 20)
        sent = drain(exchange, recorder, traffic)
        trades.done.set()
        trades.join()
        trades.ask()
        code = recorder.stop()
        check_ended(recorder, code, traffic, "pause")
        different = [(pair, kind, n, traffic.count(*pair, (kind,))) for pair, kinds in sent.items()
                     for kind, n in kinds.items() if traffic.count(*pair, (kind,)) != n]
        claim("pause: frames received = sent, for each symbol's book, trades and snapshots", not different, different)
        rows = [(row["kind"], row["channel"], row["note"]) for row in read(recorder.data, "gaps")
                if row["ts_recv"] * 1000 > ready_ns and row["kind"] != "stop"]
        claim("pause: the ledger has no hole", not rows, rows[:3])
        check_trades(exchange, recorder, trades, "pause")
        check_final_books(exchange, recorder, "pause")
        wrong, looked = [], 0
        for venue, symbol in pairs:
            bad, n = check_points(exchange, recorder.data, venue, symbol, most=15)
            wrong += bad
            looked += n
        claim("pause: 15 random proven rows of each symbol are right", not wrong and looked == 15 * len(pairs), wrong[:3] or looked)
        note(f"pause: {recorder.report['frames']} frames, {TIMES} times {STOPPED_S} s stopped")
    finally:
        exchange.stop()
