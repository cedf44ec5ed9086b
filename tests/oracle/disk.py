"""A small file system of its own (tmpfs, which needs root) under a live recorder: it runs full and has room again, loses folders, fills step by
step. Recording goes on, what was received is in the journal, files verify, and the ledger tells it."""
import os
import shutil
import subprocess
import time

from claims import claim, note, skipped
from deck import TAPE, Exchange, Recorder, names, wait_for
from rows import read

RATE = 8000
SIZE_MB = 160
MB = 1 << 20


class Mount:
    def __init__(self, at):
        self.at = at
        at.mkdir(parents=True)
        self.mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", at], capture_output=True).returncode == 0

    def free(self):
        stat = os.statvfs(self.at)
        return stat.f_bavail * stat.f_frsize

    def fill(self, leave):
        """The recorder takes room at the same time: what does not fit any more is left out."""
        with open(self.at / "ballast", "ab", buffering=0) as file:
            try:
                while self.free() > leave:
                    file.write(bytes(min(self.free() - leave, MB)))
            except OSError:
                pass

    def stop(self):
        if self.mounted:
            subprocess.run(["umount", "-l", self.at], check=True)


def sealed(recorder):
    return len(list(recorder.data.glob("ready/**/*.parquet")))


def goes_on(recorder, what):
    before = sealed(recorder)
    wait_for(what, lambda: recorder.process.poll() is not None or sealed(recorder) > before, 40)


def start(folder, name, exchange, more=""):
    mount = Mount(folder / name / "data")
    if not mount.mounted:
        return None, None
    recorder = Recorder(folder / name, exchange.port, exchange.ca, {v: names(v, 2) for v in ("coinbase", "kraken")}, scheme="",
                        segment=f"file_mb = 4\nmax_mb = 64\n[segment]\nmax_mb = 1\nrows_max = 2048\n[disk]\nreserve_mb = 2\n{more}")
    recorder.start()
    return mount, recorder


def check_end(recorder, label, code, journal_whole=True):
    verified, said = recorder.verify()
    done = subprocess.run([TAPE, "journal", "verify", recorder.data / "journal"], capture_output=True, text=True)
    claim(f"disk {label}: it ends well", code == 0, (code, recorder.log()[-600:]))
    claim(f"disk {label}: every file verifies", verified == 0, said)
    if journal_whole:
        claim(f"disk {label}: no frame is missing in the journal", done.returncode == 0, (done.stdout + done.stderr)[-400:])
    claim(f"disk {label}: rows made again are the same", "replay_differs" not in recorder.log(), "")


def full(folder, exchange):
    """Without any room for seconds, then again with room."""
    mount, recorder = start(folder, "full", exchange, "free_mb = 0\n")
    if mount is None:
        return skipped("disk: a tmpfs cannot be mounted here (root?)")
    try:
        goes_on(recorder, "a segment is sealed")
        mount.fill(0)
        wait_for("it meets the full disk", lambda: "TD_E_DISK_FULL" in recorder.log() or recorder.process.poll() is not None, 40)
        time.sleep(4)  # how long the disk is full is the fault itself
        (mount.at / "ballast").unlink()
        goes_on(recorder, "segments are sealed again")
        code = recorder.stop()
        check_end(recorder, "full", code)
        kinds = {row["kind"] for row in read(recorder.data, "gaps")}
        claim("disk full: the ledger tells it", "disk_error" in kinds, sorted(kinds))
    finally:
        mount.stop()


def vanished(folder, exchange):
    """The folder of the finished files and that of the journal go while it runs."""
    mount, recorder = start(folder, "vanished", exchange, "free_mb = 0\n")
    if mount is None:
        return
    try:
        for part in ("active", "ready", "journal"):
            goes_on(recorder, f"segments are sealed before {part} goes")
            shutil.rmtree(recorder.data / part, ignore_errors=True)
            goes_on(recorder, f"segments are sealed after {part} went")
        code = recorder.stop()
        check_end(recorder, "vanished", code, False)
    finally:
        mount.stop()


def shedding(folder, exchange):
    """Room goes step by step and comes back: tickers, depth, books, trades."""
    mount, recorder = start(folder, "shedding", exchange, "free_mb = 40\n")
    if mount is None:
        return
    try:
        goes_on(recorder, "a segment is sealed")
        seen = []
        exchange.control("rate?value=100")
        for percent in (90, 50, 30, 12):
            mount.fill(percent * 40 * MB // 100)
            level = len(seen)
            wait_for(f"it sheds at {percent} %", lambda: recorder.log().count("event=shed ") > level or recorder.process.poll() is not None, 15)
            seen.append(percent)
        (mount.at / "ballast").unlink()
        wait_for("it stores everything again", lambda: "event=shed level=0" in recorder.log() or recorder.process.poll() is not None, 15)
        code = recorder.stop()
        check_end(recorder, "shedding", code)
        rows = [row["note"] for row in read(recorder.data, "gaps") if row["kind"] == "shed" and row["phase"] == "open" and row["channel"] == "all"]
        claim("disk shedding: one row a step, trades last", rows and "trades" in rows[-1] and "tickers" in rows[0], rows)
        note(f"disk shedding: {rows}")
    finally:
        mount.stop()


def disk(folder):
    exchange = Exchange(folder / "exchange", RATE, 2)
    try:
        for scenario in (full, vanished, shedding):
            scenario(folder, exchange)
    finally:
        exchange.stop()
