"""No faults: every book, every trade and every frame is what the exchange says it sent."""
import threading
import time

from claims import claim, note
from deck import Exchange, Recorder, names, wait_for
from rows import all_gaps, digits, gaps_of, is_beginning, read
from verdicts import Traffic, check_ended, check_final_books, check_points, drain, ready

SYMBOLS = 3
MESSAGES = 4000


class Trades(threading.Thread):
    """The exchange keeps the newest 64 trades of a symbol: asked often enough, all of them."""

    def __init__(self, exchange, pairs):
        super().__init__(daemon=True)
        self.exchange, self.pairs, self.done = exchange, pairs, threading.Event()
        self.known = {pair: {} for pair in pairs}

    def ask(self):
        for venue, symbol in self.pairs:
            for trade in self.exchange.get(f"/oracle/trades/{venue}/{symbol}")["recent"]:
                self.known[venue, symbol][trade["id"]] = (trade["price"], trade["size"], trade["taker"], trade["time_us"])

    def run(self):
        while not self.done.wait(0.3):
            self.ask()


def check_trades(exchange, recorder, trades, label):
    missing, wrong, counts = [], [], 0
    for venue, symbol in trades.pairs:
        rows = read(recorder.data, "trades", venue, symbol)
        stored = {}
        for row in rows:
            scales = row["scales"]
            event_us = row["ts_event"] if venue != "binance" else row["ts_event"] // 1000 * 1000
            stored[row["trade_id"]] = (digits(row["price"], scales[0], row["price_text"]),
                                       digits(row["size"], scales[1], row["size_text"]), row["side"], event_us)
        page = exchange.get(f"/oracle/trades/{venue}/{symbol}")
        ids = sorted(stored)
        if len(stored) != len(rows) or not ids or ids != list(range(ids[0], page["last_id"] + 1)):
            missing.append((venue, symbol, len(rows), len(stored), ids[:1], ids[-1:], page["last_id"]))
        for number, trade in trades.known[venue, symbol].items():
            true = trade if venue != "binance" else (*trade[:3], trade[3] // 1000 * 1000)
            if number in stored and stored[number] != true:
                wrong.append((venue, symbol, number, stored[number], true))
        counts += len(set(stored) & set(trades.known[venue, symbol]))
    claim(f"{label}: trade ids are the exchange's, each once, none missing", not missing, missing)
    claim(f"{label}: price, size, taker and time of each trade known to the oracle equal", not wrong and counts > 100,
          wrong or counts)
    note(f"{label}: {counts} trades compared")


def check_ledger(recorder, pairs, label):
    gaps = [rows for rows in gaps_of(recorder.data).values() if rows[0]["kind"] not in ("start", "stop")]
    claim(f"{label}: the ledger holds start and stop alone", not gaps, gaps[:2])
    begun = [[row["phase"] for row in rows] for pair in pairs for rows in all_gaps(recorder.data, *pair).values() if is_beginning(rows)]
    claim(f"{label}: book, trades and ticker of each symbol begin with a hole that is closed",
          begun == [["open", "close"]] * 3 * len(pairs), begun)


def calm(folder, label="calm", rate=900, segment="", beside=None):
    """`beside` works beside the recorder: begin(recorder), then look() until it is true, end(). Returns the recorder."""
    exchange = Exchange(folder / "exchange", rate, SYMBOLS)
    try:
        recorder = Recorder(folder / label, exchange.port, exchange.ca,
                            {venue: names(venue, SYMBOLS) for venue in ("coinbase", "binance", "kraken")},
                            segment=f"[segment]\n{segment}" if segment else "").start()
        traffic = Traffic(recorder)
        pairs = [(venue, symbol) for venue in recorder.symbols for symbol in recorder.symbols[venue]]
        ready(traffic, recorder)
        trades = Trades(exchange, pairs)
        trades.start()
        if beside:
            beside.begin(recorder)
            wait_for("work beside it is done", beside.look, 40)
        wait_for("messages were told", lambda: len(traffic.look()) > MESSAGES, 30)
        if beside:
            beside.end()
        sent = drain(exchange, recorder, traffic)
        trades.done.set()
        trades.join()
        trades.ask()
        code = recorder.stop()
        check_ended(recorder, code, traffic, label)
        different = [(pair, kind, n, traffic.count(*pair, (kind,))) for pair, kinds in sent.items()
                     for kind, n in kinds.items() if traffic.count(*pair, (kind,)) != n]
        claim(f"{label}: frames received = sent, for each symbol's book, trades and snapshots", not different, different)
        check_final_books(exchange, recorder, label)
        wrong, looked = [], 0
        for venue, symbol in pairs:
            bad, n = check_points(exchange, recorder.data, venue, symbol, most=20)
            wrong += bad
            looked += n
        claim(f"{label}: at 20 random proven rows of each symbol the book equals the oracle's", not wrong and looked == 20 * len(pairs),
              wrong or looked)
        check_trades(exchange, recorder, trades, label)
        check_ledger(recorder, pairs, label)
        note(f"{label}: {recorder.report['frames']} frames, rows {recorder.report['rows']}, {time.process_time():.1f} s of Python")
        return recorder
    finally:
        exchange.stop()
