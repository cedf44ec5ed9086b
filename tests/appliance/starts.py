"""The first boot of a card as it is flashed, and what happens to a configuration that is edited on another machine."""
import re
import time

from claims import claim, note
from deck import wait_for
from rig import Found, Site

MARKS = (r"init: started (\S+) slot A", r"init: card found (\S+)", r"init: data mounted", r"init: address (10\.0\.2\.15\S*)",
         r"init: time (\S+)", r"init: recorder started pid (\d+)", r"rows_book=[1-9]")


def first_row(folder):
    """The production image, nothing edited but where the exchange is. Returns seconds from the kernel to the first row."""
    site = Site(folder / "first", stats=True)
    box = site.box()
    try:
        box.boot()
        at, places = [], []
        for mark in MARKS:
            match = box.wait_says(mark, after=places[-1] if places else 0)
            places.append(match.start())
            at.append(time.monotonic() - box.started)
        claim("boot: started, card, data, address, time, recorder and the first row, in this order", places == sorted(places), places)
        note(f"boot: first row {at[-1]:.1f} s after the start of the machine, init after {at[0]:.1f} s (emulated)")
        text = wait_for("STATUS.txt tells that it records", lambda: "2 venues" in site.card.status() and site.card.status(), 90)
        check_status(box, text)
        check_card(site, box)
        return at[-1]
    finally:
        site.stop(box)


WORDS = ["Tapedeck", "Running", "Network", "Records", "Missing", "Clock", "Card", "Board", "Update", "To do"]


def check_status(box, text):
    """Ten lines on top in plain words; the console had the same ten, with the figures of their moment."""
    lines = text.split("\r\n")
    claim("boot: STATUS.txt has DOS lines", "\r\n" in text and "\n" not in text.replace("\r\n", ""), text[:200])
    told = {word: line[len(word):].strip() for word, line in zip(WORDS, lines) if line.startswith(word)}
    claim("boot: its ten lines on top are these, in this order", list(told) == WORDS, lines[:10])
    claim("boot: they tell version, address, what is recorded and that nothing is to be done",
          re.match(r"\d+\.\d+\.\d+", told.get("Tapedeck", "")) and "10.0.2.15" in told.get("Network", "") and
          "2 venues" in told.get("Records", "") and told.get("To do"), told)
    claim("boot: the console shows the same ten", re.search(r"\s*\n".join(word + r" [^\n]*" for word in WORDS), box.said()), box.tail())
    for line in lines[:10]:
        note("boot: | " + line)


def check_card(site, box):
    box.cut()
    found = Found(site.card, site.folder / "out")
    claim("boot: the card's data partition is repaired and read", not found.trouble, found.trouble)
    bytes_ = site.card.part(4)[1]
    end = sum(site.card.part(4))
    claim("boot: the data partition has grown to the card's end", site.card.path.stat().st_size - end < 4 << 20, (bytes_, end))
    claim("boot: what was recorded stands on it", found.journal()["frames"] > 0, found.journal())


def config(folder):
    """Notepad's file records; one with a mistake is passed over, and STATUS.txt names its line."""
    site = Site(folder / "config", stats=True)
    box = site.box()
    try:
        sound = site.ini()
        site.card.put("tapedeck.ini", b"\xef\xbb\xbf" + sound.replace("\n", "\r\n").encode())
        box.boot()
        box.wait_says(r"rows_book=[1-9]")
        claim("config: one with BOM and CRLF records", True)
        box.cut()
        broken = sound.replace("sync_ms = 200", "sync_msec = 200")
        line = broken.splitlines().index("sync_msec = 200") + 1
        site.card.put("tapedeck.ini", broken)
        box.boot()
        box.wait_says(r"rows_book=[1-9]")
        claim("config: with a mistake on the card the last good one records", True)
        text = wait_for("STATUS.txt speaks of the mistake", lambda: "sync_msec" in site.card.status() and site.card.status(), 90)
        claim("config: STATUS.txt names the line", re.search(rf"line {line}\b|:{line}\b", text), [t for t in text.splitlines() if "sync_msec" in t])
        box.cut()
        site.card.put("tapedeck.ini", sound)
        box.boot()
        box.wait_says(r"rows_book=[1-9]")
        wait_for("STATUS.txt no longer speaks of it", lambda: site.card.status() and "sync_msec" not in site.card.status(), 90)
        claim("config: once it is corrected STATUS.txt is silent of it", True)
        box.cut()
        site.card.put("tapedeck.ini", re.sub(r"(?m)^symbols = (\w+)-.*$", r"symbols = \1-*", sound))
        site.card.put("STATUS.txt", "")
        box.boot()
        box.wait_says(r"rows_book=[1-9]")
        text = wait_for("STATUS.txt is written", lambda: "in force" in site.card.status() and site.card.status(), 90)
        claim("config: patterns are taken, and their list is fetched", "tapedeck.ini of this card is in force" in text, text[:1500])
    finally:
        site.stop(box)
