"""Signals in mid stream: the first ends in good order with all that was received in rows; the second ends at once and leaves
whole files only; a new start goes on behind it. Over plain connections, which loopback may use."""
import re
import signal
import subprocess

from claims import claim, note
from deck import TAPE, Exchange, Recorder, names, wait_for
from rows import SNAPSHOT, read
from verdicts import Traffic, check_ended, ready, spelled

SYMBOLS = 2
RATE = 2000
VENUES = ("coinbase", "binance", "kraken")


def updates_before_base(rows, messages):
    """Binance: updates that the first base holds already are not applied."""
    base = min((row["seq"] for row in rows if row["flags"] & SNAPSHOT), default=0)
    return {frame.number for frame in messages if int(re.search(rb'"u":(\d+)', frame.payload).group(1)) <= base}


def check_rows(recorder, traffic, label):
    """Each trade and each book message before STOP has its rows, by number of frame."""
    lost, seen = [], 0
    for venue in VENUES:
        for symbol in recorder.symbols[venue]:
            for what, table in (("trade", "trades"), ("book", "book")):
                messages = [i[0] for i in traffic.items if i[1] == venue and i[2] == what and i[3] == spelled(venue, symbol)]
                rows = read(recorder.data, table, venue, symbol)
                missing = {frame.number for frame in messages} - {row["frame"] for row in rows}
                if (venue, what) == ("binance", "book"):
                    missing -= updates_before_base(rows, messages)
                if missing or not messages:
                    lost.append((venue, symbol, what, len(messages), sorted(missing)[:3]))
                seen += len(messages)
    claim(f"{label}: every message before STOP is in rows", not lost, lost)
    note(f"{label}: {seen} messages of books and trades")


def in_mid_stream(exchange, folder, how):
    label = f"stops {how.name}"
    recorder = Recorder(folder / how.name, exchange.port, exchange.ca, {venue: names(venue, SYMBOLS) for venue in VENUES},
                        scheme="").start()
    traffic = Traffic(recorder)
    ready(traffic, recorder)
    code = recorder.stop(how)
    check_ended(recorder, code, traffic, label)
    check_rows(recorder, traffic, label)
    stops = [row for row in read(recorder.data, "gaps") if row["kind"] == "stop"]
    claim(f"{label}: the ledger says that recording stopped", len(stops) == 1 and stops[0]["phase"] == "open", stops)
    return recorder


def second_signal(exchange, folder):
    """The exchange no longer answers, so the recorder waits a second for the goodbyes: the second signal falls into that."""
    recorder = Recorder(folder / "second", exchange.port, exchange.ca, {"coinbase": names("coinbase", 1)}, scheme="",
                        segment="[segment]\nmax_mb = 1\nrows_max = 4096\n").start()
    exchange.control("rate?value=0")
    wait_for("a segment is sealed while the stream runs", lambda: list(recorder.data.glob("ready/**/*.parquet")) or
             recorder.process.poll() is not None, 40)
    before = exchange.fault("coinbase", "stall", ms=20000)
    exchange.injected("coinbase", "stall", before)
    recorder.process.send_signal(signal.SIGTERM)
    wait_for("it says that it stops", lambda: "event=stopping" in recorder.log(), 5)
    code = recorder.stop(signal.SIGTERM, 5)
    claim("stops second signal: it ends at once, not with 0", code not in (0, "did not end") and "second signal" in recorder.log(),
          (code, recorder.log()[-200:]))
    exchange.control("rate?value=300")
    files = list(recorder.data.glob("ready/**/*.parquet"))
    done = subprocess.run([TAPE, "verify", recorder.data / "ready"], capture_output=True, text=True)
    claim("stops second signal: ready/ holds whole files only", files and done.returncode == 0, (len(files), done.stdout[-300:] + done.stderr[-300:]))
    unfinished = list(recorder.data.glob("active/**/*.parquet"))
    note(f"stops second signal: {len(files)} files ready, {len(unfinished)} left in active")
    return recorder, files


def start_again(recorder, files):
    kept = {path: path.read_bytes() for path in files}
    numbers = [frame.number for frame in Traffic(recorder).journal.poll().frames]
    recorder.start()
    traffic = Traffic(recorder)
    wait_for("it records again", lambda: recorder.process.poll() is not None or sum(
        1 for i in traffic.look() if i[0].number > numbers[-1] and i[2] == "book") > 50, 30)
    code = recorder.stop()
    verified, said = recorder.verify()
    claim("stops start again: records on and ends well", code == 0 and verified == 0, (code, said, recorder.log()[-300:]))
    again = [frame.number for frame in traffic.journal.poll().frames]
    claim("stops start again: frame numbers go on, none twice",
          again[:len(numbers)] == numbers and all(a < b for a, b in zip(again, again[1:])), again[len(numbers) - 2:len(numbers) + 2])
    claim("stops start again: sealed files stand as they were", all(path.read_bytes() == data for path, data in kept.items()))
    claim("stops start again: active/ is empty", not list(recorder.data.glob("active/**/*.parquet")))


def stops(folder):
    exchange = Exchange(folder / "exchange", RATE, SYMBOLS)
    try:
        in_mid_stream(exchange, folder, signal.SIGTERM)
        in_mid_stream(exchange, folder, signal.SIGINT)
        start_again(*second_signal(exchange, folder))
    finally:
        exchange.stop()
