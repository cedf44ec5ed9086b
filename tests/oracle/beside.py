"""`tape sync` beside a recorder at a high rate: what is recorded is what the exchange sent, as if nobody carried anything away, while the
deck's own segments go to a store as they are sealed and a large folder keeps the disk, the network and both processors busy."""
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import calm
from claims import claim, note
from deck import RUNNING, TAPE

sys.path.append(str(Path(__file__).resolve().parents[1] / "stores"))  # behind this folder: names of its own win
from fault_client import Store  # noqa: E402

BULK_FILES, BULK_BYTES = 6, 12_000_000
SEGMENT = "frames = true\nmax_mb = 1\n"


class Uploads:
    """The deck's own segments, continuously, and a folder of random bytes again and again."""

    def __init__(self, folder):
        self.folder = folder
        self.store = Store("--bucket", "lake")
        RUNNING.append(self.store.process)
        self.environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "S3_ENDPOINT": self.store.url, "S3_ACCESS_KEY": "key",
                            "S3_SECRET_KEY": "secret"}
        self.bulk = folder / "bulk"
        self.bulk.mkdir()
        for number in range(BULK_FILES):
            (self.bulk / f"{number}.bin").write_bytes(os.urandom(BULK_BYTES))
        self.rounds, self.load, self.own = 0, None, None

    def sync(self, *arguments, **more):
        process = subprocess.Popen([TAPE, "sync", *arguments, "--json"], env=self.environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL, text=True, **more)
        RUNNING.append(process)
        return process

    def begin(self, recorder):
        self.data = recorder.data
        self.own = self.sync(self.data, "s3://lake/deck", "--mode", "continuous", "--interval", "1", "--no-delete")
        self.look()

    def look(self):
        """Begins the next round of the load when one has ended; True when some of the deck's segments are proven in the store."""
        if self.load is None or self.load.poll() is not None:
            if self.load is not None:
                self.rounds += self.load.returncode == 0
            self.load = self.sync(self.bulk, f"s3://lake/bulk{self.rounds % 2}", "--no-marks", "--state-dir", self.folder / f"state{self.rounds}",
                                  "--read-back")
        return len(self.marks()) >= 2 and self.rounds >= 1

    def marks(self):
        return list(self.data.glob("ready/**/_*.done"))

    def end(self):
        marked = len(self.marks())
        self.load.terminate()
        self.load.communicate()
        self.own.send_signal(signal.SIGTERM)
        said, _ = self.own.communicate(timeout=20)
        passes = [json.loads(line) for line in said.splitlines()]
        claim("beside: segments went while it recorded", marked >= 2 and self.rounds >= 1, (marked, self.rounds))
        claim("beside: sync ended in order", self.own.returncode == 0, self.own.returncode)
        trouble = [p for p in passes if p["failed"] + p["blocked"] + p["conflicts"] + p["kept"] or p["health"] != "fine"]
        claim("beside: no pass met anything but whole segments", not trouble, trouble[:1])
        claim("beside: sync took at most 16 MB", max(p["peak_memory_kb"] for p in passes) <= 16384, [p["peak_memory_kb"] for p in passes][-1:])
        note(f"beside: {marked} segments and {self.rounds} rounds of {BULK_FILES * BULK_BYTES >> 20} MiB while it recorded, {len(passes)} passes")

    def check_store(self):
        """The rest goes after the recorder has ended; then the store has what is here."""
        last = self.sync(self.data, "s3://lake/deck", "--no-delete")
        last.communicate(timeout=60)
        held = self.store.ask("objects")["lake"]
        here = {f"deck/bronze/{path.relative_to(self.data / 'ready')}": path for path in self.data.glob("ready/**/*") if path.is_file()}
        marks = {name for name in here if name.endswith(".done")}
        different = [name for name in set(here) - marks if name not in held or held[name]["bytes"] != here[name].stat().st_size]
        segments = [name for name in here if name.endswith(".parquet")]
        claim("beside: the store has every segment and receipt", last.returncode == 0 and segments and not different, different[:3])
        claim("beside: every segment is marked", len(marks) == len(segments), (len(marks), len(segments)))
        self.store.stop()


def beside(folder):
    uploads = Uploads(folder)
    recorder = calm.calm(folder, "beside", 2500, SEGMENT, uploads)
    if recorder is not None:
        uploads.check_store()
