"""A card that fails: one spot of it, all of it for a while, and no room left. The recorder says so, goes on as it is made to, and is well again
once the card is."""
import os
import re
import subprocess

from blocklog import repair
from card import DATA
from claims import claim, note
from deck import wait_for
from rig import Found, Site

MB = 1 << 20
SMALL = {"disk": "free_mb = 40\nreserve_mb = 4\n", "journal": "max_mb = 64\nfile_mb = 4\nsync_ms = 200\n"}


NO_ROOM = re.compile(r"(?m)^.*(nearly full|no longer stored|the disk is full).*$")


def debugfs(disk, *commands):
    done = subprocess.run(["debugfs", "-w", "-f", "-", disk], input="\n".join(commands) + "\n", capture_output=True, text=True)
    return done.stdout


def spot_of_journal(site):
    """Sectors of the card where the journal will be written next: a stretch behind its end."""
    journal = Found(site.card.copy(site.folder / "copy.img"), site.folder / "out").journal()["files"][-1]
    disk = site.card.take_part(DATA, site.folder / "data.ext4")
    repair(str(disk))
    said = debugfs(disk, f"blocks /deck/journal/{journal['file']}")
    disk.unlink()
    blocks = [int(word) for word in said.split() if word.isdigit()]
    first = journal["bytes"] // 4096 + 8
    start = site.card.part(4)[0] // 512
    return [start + block * 8 for block in blocks[first:first + 24]]


def spot(folder):
    """A spot of the journal that cannot be written."""
    site = Site(folder / "spot", rate=600, stats=True)
    box = site.box(standin="spy")
    try:
        box.boot()
        box.wait_says(r"spy synced=\d{3}")
        box.cut()
        bad = spot_of_journal(site)
        box.boot(bad_sectors=bad)
        met = box.wait_says(r"(?i)event=(disk_error|journal\S*|write\S*)[^\n]*|DISK_ERROR[^\n]*|I/O error, dev vda", 120)
        note(f"bad spot: {met.group(0)[:200]}")
        box.wait_says(r"recorder:.*(TD_E_IO|DISK_ERROR|disk_error|journal)", 60, after=met.start())
        claim("bad spot: the recorder says so", True)
        box.wait_says(r"rows_book=[1-9]", after=len(box.said()))
        before = frames(box)
        wait_for("frames become safe again", lambda: frames(box) > before + 200 or not box.is_on(), 90)
        claim("bad spot: recording goes on behind it", box.is_on())
        box.cut()
        found = Found(site.card, site.folder / "out")
        claim("bad spot: finished files verify", not found.verify(), found.verify())
        claim("bad spot: what was recorded behind it is on the card", found.journal()["last"] > before, (found.journal(), before))
    finally:
        site.stop(box)


def frames(box):
    """The newest frame that is safe."""
    return max((int(number) for number in re.findall(r"spy synced=(\d+)", box.said())), default=0)


def outage(folder):
    """Every write fails until the kernel gives the file system up."""
    site = Site(folder / "outage", rate=300, stats=True)
    box = site.box(standin="spy", words="tapedeck.restart_s=1 tapedeck.status_s=1")
    try:
        box.boot(faulty=True)
        box.wait_says(r"spy synced=\d{3}")
        promised = frames(box)
        box.fail_writes(True)
        box.wait_says(r"(?i)I/O error|remounting|read-only|DISK_ERROR")
        said = box.wait_says(r"(?i)recorder:.*(TD_E_IO|DISK_ERROR|disk_error|refuses)|init: [^\n]*(read-only|data)[^\n]*fail[^\n]*", 90)
        note(f"outage: {said.group(0)[:200]}")
        claim("outage: the box says that the card refuses writing", True)
        box.wait_says(r"Remounting filesystem read-only", 150)
        box.fail_writes(False)
        settled(site, box, promised)
    finally:
        site.stop(box)


def settled(site, box, promised):
    """It records again: by itself, or after a reset of its own."""
    def again():
        if not box.is_on():
            box.collect()
            box.boot(faulty=True)
        return frames(box) > promised + 300
    wait_for("it records again\n" + box.tail(), again, 150)
    claim("outage: once the card is well it records again without a hand on it", True)
    box.cut()
    found = Found(site.card, site.folder / "out")
    journal = found.journal()
    claim("outage: what was promised before is there", journal["first"] == 1 and journal["last"] >= promised and
          not [hole for hole in journal["holes"] if hole < promised], (promised, journal))
    claim("outage: finished files verify", not found.verify(), found.verify())


def fill(site, leave, name="ballast"):
    """A file of random bytes on the data partition that leaves so much room."""
    disk, ballast = site.card.take_part(DATA, site.folder / "data.ext4"), site.folder / name
    repair(str(disk))
    free = re.search(r"Free blocks:\s+(\d+)", debugfs(disk, "stats"))
    with open(ballast, "wb") as file:
        for _ in range((int(free.group(1)) * 4096 - leave) // (MB // 4)):
            file.write(os.urandom(MB // 4))
    debugfs(disk, f"write {ballast} {name}")
    site.card.put_part(DATA, disk)
    disk.unlink()
    ballast.unlink()


def make_room(site):
    """As its owner would: the file system put in order first."""
    disk = site.card.take_part(DATA, site.folder / "data.ext4")
    repair(str(disk))
    debugfs(disk, "rm ballast", "rm rest")
    site.card.put_part(DATA, disk)
    disk.unlink()


def full(folder):
    """Little room: less is stored and that is said; then none at all. With room again it is as before."""
    site = Site(folder / "full", rate=300, stats=True, size=0)
    site.write_config(**SMALL)
    box = site.box(words="tapedeck.restart_s=1 tapedeck.status_s=1")
    try:
        fill(site, 34 * MB)
        box.boot()
        box.wait_says(r"event=shed level=[1-9]")
        text = wait_for("STATUS.txt speaks of the room", lambda: NO_ROOM.search(site.card.status()), 90)
        claim("full disk: nearly full, STATUS.txt says that less is stored", text)
        box.wait_says(r"rows_trades=[1-9]")
        claim("full disk: trades are stored until the end", True)
        box.cut()
        found = Found(site.card, site.folder / "out")
        claim("full disk: what was recorded stands there whole", not found.trouble and not found.verify(), found.trouble or found.verify())
        not_even_that(site, box)
        make_room(site)
        box.boot()
        box.wait_says(r"rows_book=[1-9]")
        claim("full disk: with room it records everything again", not re.search(r"event=shed level=[1-9]", box.said()), box.tail())
    finally:
        site.stop(box)


def not_even_that(site, box):
    site.card.put("STATUS.txt", "")
    fill(site, 0, "rest")
    box.boot()
    said = box.wait_says(r"recorder: .*(TD_E_DISK_FULL|event=shed level=[1-9]).*")
    note(f"full disk: {said.group(0)[:160].strip()}")
    text = wait_for("STATUS.txt speaks of it", lambda: NO_ROOM.search(site.card.status()), 90)
    claim("full disk: without any room STATUS.txt says so and the box stays up", box.is_on(), text)
    note(f"full disk: {text.group(0).strip()}")
    box.cut()
