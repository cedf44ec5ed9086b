"""What every proof has: a card written as its owner would, the bundled exchange and a time server in reach of the box, and what is read
back from the card on this machine."""
import json
import os
import subprocess
from pathlib import Path

from blocklog import repair, take_out
from box import Box
from card import DATA, OUT, Card, finished_image
from deck import TAPE, Exchange, names
from ntp import TimeServer

HOST = "10.0.2.2"  # this machine, as the box sees it
STAND_IN = OUT / "aarch64/appliance/stand_in"
VENUES = ("coinbase", "kraken")
WS = {"coinbase": "coinbase", "binance": "binance/stream", "kraken": "kraken/v2"}


class Site:
    def __init__(self, folder, rate=200, symbols=1, venues=VENUES, size=1 << 30, image=None, seed=7, stats=False):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.venues, self.symbols = venues, {venue: names(venue, symbols) for venue in venues}
        self.deck = "[deck]\nstats_interval_s = 1\n" if stats else ""  # what counts rows on the console
        self.exchange = Exchange(self.folder / "exchange", rate, symbols, seed=seed, venues=",".join(venues))
        self.time = TimeServer()
        self.card = Card(image or finished_image(), self.folder / "card.img", size)
        self.card.put_file("ca.pem", self.exchange.ca)
        self.write_network()
        self.write_config()

    def ini(self, disk="free_mb = 64\nreserve_mb = 4\n", journal="max_mb = 64\nfile_mb = 4\nsync_ms = 200\n",
            segment="max_mb = 1\nrows_max = 2048\n"):
        text = f"{self.deck}[disk]\n{disk}[journal]\n{journal}[segment]\n{segment}"
        for venue, listed in self.symbols.items():
            text += (f"[{venue}]\nsymbols = {', '.join(listed)}\nurl = wss://{HOST}:{self.exchange.port}/{WS[venue]}\n"
                     f"rest_url = https://{HOST}:{self.exchange.port}/{venue}\n")
        return text

    def write_config(self, **more):
        self.card.put("tapedeck.ini", self.ini(**more))

    def write_network(self, more="", ntp=None):
        self.card.put("network.ini", f"ntp = {HOST}:{ntp or self.time.port}\n{more}")

    def box(self, name="box", standin=None, files=None, words="", **more):
        """standin: what tests/appliance/stand_in.c does in the recorder's place."""
        if standin:
            files = dict(files or {})
            files.update(stand_in_files(self.card))
            words = f"standin={standin} {words}"
        return Box(self.card, self.folder / name, files, words, **more)

    def stop(self, *boxes):
        for box in boxes:
            box.cut()
        self.time.stop()
        self.exchange.stop()


def stand_in_files(card, number=2):
    """The stand-in as /bin/tapedeck, and the recorder of the card's slot beside it."""
    return {"bin/tapedeck": (0o755, STAND_IN.read_bytes()), "bin/tapedeck.real": (0o755, recorder_of(card))}


def recorder_of(card):
    return recorder_path().read_bytes()


def recorder_path():
    """The stripped recorder that the image holds."""
    stripped = OUT / "appliance/tapedeck"
    source = OUT / "aarch64/tapedeck"
    if not stripped.exists() or stripped.stat().st_mtime < source.stat().st_mtime:
        beside = stripped.with_suffix(f".{os.getpid()}")
        beside.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["aarch64-linux-gnu-strip", "-s", source, "-o", beside], check=True)
        beside.rename(stripped)
    return stripped


class Found:
    """The deck of a card whose power was cut, read on this machine: repaired and taken out as its owner would."""

    def __init__(self, card, out):
        self.out = Path(out)
        disk = card.take_part(DATA, f"{out}.ext4")
        self.trouble = repair(disk)
        if not self.trouble:
            take_out(disk, "/deck", out)
        os.unlink(disk)
        self.data = self.out / "deck"

    def tape(self, *words):
        done = subprocess.run([TAPE, *words], capture_output=True, text=True)
        return done.returncode, done.stdout, (done.stdout + done.stderr)[-500:]

    def journal(self):
        """Frames of the journal: how many, first, last, and the numbers that a hole follows."""
        code, text, said = self.tape("journal", "ls", "--json", self.data / "journal")
        try:
            listed = json.loads(text)
        except ValueError:
            return {"frames": 0, "first": 0, "last": 0, "holes": [], "files": [], "said": said}
        files = sorted((file for file in listed["files"] if file.get("frames")), key=lambda file: file["frame_first"])
        holes = [file["frame_first"] for file in files if file["holes"]]
        holes += [a["frame_last"] for a, b in zip(files, files[1:]) if b["frame_first"] != a["frame_last"] + 1]
        return {"frames": sum(file["frames"] for file in files), "first": files[0]["frame_first"] if files else 0,
                "last": files[-1]["frame_last"] if files else 0, "holes": holes, "files": files, "said": said}

    def drain(self):
        """The files that the whole journal makes; None and self.said when it does not."""
        made = self.out / "drained"
        code, _, self.said = self.tape("journal", "drain", self.data, "--whole", "--out", made)
        return made if code == 0 else None

    def verify(self):
        """Empty, or what `tape verify` finds wrong with the finished files."""
        code, _, said = self.tape("verify", self.data / "ready")
        return "" if code == 0 or not any(self.data.glob("ready/**/*.parquet")) else said
