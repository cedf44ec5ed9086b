"""kill -9 at many moments of a live run: what stood in the frame log is in the journal after the next start, and the files are what
the journal alone makes."""
import filecmp
import os
import random
import signal
import struct
import subprocess
import time

import journal as j
from claims import claim, note
from deck import TAPE, Exchange, Recorder, names, wait_for
from rows import read

RATE = 3000
KILLS = int(os.environ.get("TAPEDECK_KILLS", "50"))
NEXT_NUMBER_AT = 72  # struct framelog_page (src/journal/framelog_layout.h)
MAGIC = 0x31474F4C52464454


def next_number(recorder):
    """Number of the frame that the killed recorder would have given next; 0 when it had not made its log yet."""
    path = recorder.folder / f"tapedeck-{recorder.deck}.log"
    if not path.exists():
        return 0
    with open(path, "rb") as file:
        page = file.read(4096)
    if len(page) < 4096 or struct.unpack_from("<Q", page, 0)[0] != MAGIC:
        return 0
    return struct.unpack_from("<Q", page, NEXT_NUMBER_AT)[0]


def kill_once(recorder, moment_s):
    recorder.start()
    time.sleep(moment_s)  # the moment of the kill, not a wait for anything
    recorder.process.send_signal(signal.SIGKILL)
    recorder.process.wait()
    recorder.out.close()
    recorder.err.close()
    return next_number(recorder)


def trees_differ(a, b):
    found = {p.relative_to(a) for p in a.glob("**/*") if p.is_file()}, {p.relative_to(b) for p in b.glob("**/*") if p.is_file()}
    odd = sorted(found[0] ^ found[1])
    return odd + [p for p in sorted(found[0] & found[1]) if not filecmp.cmp(a / p, b / p, shallow=False)]


def kills(folder):
    seed = int(os.environ.get("TAPEDECK_SEED", "1"))
    random_moment = random.Random(seed)
    exchange = Exchange(folder / "exchange", RATE, 2)
    recorder = Recorder(folder / "kills", exchange.port, exchange.ca, {v: names(v, 2) for v in ("coinbase", "binance", "kraken")},
                        scheme="", segment="[segment]\nmax_mb = 1\nrows_max = 2048\n")
    try:
        nexts = [kill_once(recorder, random_moment.uniform(0.05, 1.0)) for _ in range(KILLS)]
        recorder.start()
        wait_for("the last run records", lambda: recorder.process.poll() is not None or next_number(recorder) > nexts[-1] + 2000, 30)
        code = recorder.stop()
    finally:
        exchange.stop()
    claim(f"kills: the run after {KILLS} kills ends well (seed {seed})", code == 0, recorder.log()[-400:])
    frames = j.Journal(recorder.data / "journal").poll().frames
    numbers = [frame.number for frame in frames]
    claim("kills: no frame number is missing in the journal", numbers == list(range(1, len(numbers) + 1)), len(numbers))
    starts = {frame.number for frame in frames if frame.kind == j.START}
    lost = [n for n in nexts if n > 1 and not {n, n + 1} & starts]  # it may die between a frame and its count
    claim("kills: each new start follows right on what the killed run had received", not lost, lost[:5])
    rows = [row for row in read(recorder.data, "gaps") if row["kind"] == "crash" and row["phase"] == "close"]
    expected = len(starts) - 1
    claim("kills: each is one row in the ledger", len(rows) == expected, (len(rows), expected))
    verified, said = recorder.verify()
    claim("kills: every sealed file verifies", verified == 0, said)
    out = folder / "drained"
    done = subprocess.run([TAPE, "journal", "drain", recorder.data / "journal", "--out", out], capture_output=True, text=True)
    differ = trees_differ(recorder.data / "ready", out / "ready") if done.returncode == 0 else [done.stderr[-300:]]
    claim("kills: the files are what the journal alone makes", not differ, differ[:5])
    note(f"kills: {KILLS} kills, {len(numbers)} frames, {len(starts)} starts")
