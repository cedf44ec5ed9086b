"""Updates from the card: applied, tried, kept when it records and given back when it does not; what is damaged or another's is refused; a cut
while the slot is written leaves a card that boots."""
import random
import re
import shutil
import subprocess
import time

import overlay
from card import OUT, SLOT_A, SLOT_B, finished_image
from claims import claim, note
from cutting import seed_of
from deck import wait_for
from rig import STAND_IN, Site, recorder_path

BUNDLE = OUT / "host/bundle"
PARTS = OUT / "image/parts"
QUICK = "tapedeck.healthy_s=8 tapedeck.status_s=1 tapedeck.restart_s=1"
NEWER, BETTER = "9.0.1", "9.0.2"
LOST = re.compile(r"(?m)^Update .*did not prove itself.*$")


class Maker:
    """A key of the tests' own, and bundles signed with it."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([BUNDLE, "key", folder / "key"], check=True, capture_output=True)
        self.private, self.public = folder / "key/update.key", folder / "key/update.pub"

    def trust(self):
        """What stands over the initramfs so that it trusts this key."""
        return {"etc/update.pub": (0o644, self.public.read_bytes())}

    def slot(self, version, files=None):
        """The image's slot as that version, some files of its system replaced."""
        path = self.folder / f"slot-{version}.img"
        subprocess.run(["cp", "--sparse=always", PARTS / "slot.img", path], check=True)
        initrd = self.folder / "initrd.img"
        shutil.copyfile(PARTS / "initrd.img", initrd)
        said = subprocess.run(["mcopy", "-n", "-i", path, "::slot.txt", "-"], capture_output=True, check=True).stdout
        said = re.sub(rb"(?m)^version=.*$", b"version=" + version.encode(), said)
        overlay.append(initrd, {**self.trust(), "etc/build": (0o644, said), **(files or {})})
        for name, content in (("initrd.img", initrd.read_bytes()), ("slot.txt", said)):
            subprocess.run(["mcopy", "-o", "-i", path, "-", f"::{name}"], input=content, check=True)
        return path

    def bundle(self, kind, version, payload):
        path = self.folder / f"{kind}-{version}.tdu"
        subprocess.run([BUNDLE, "make", "--key", self.private, "--kind", kind, "--version", version, "--in", payload, "--out", path],
                       check=True, capture_output=True)
        return path


def bad_recorder():
    """A recorder that ends at once, without a word on the kernel's command line."""
    return {"bin/tapedeck": (0o755, STAND_IN.read_bytes())}


def slot_letter(number):
    return "A" if number == SLOT_A else "B"


def started(box, version, slot):
    return box.wait_says(rf"init: started {re.escape(version)} slot {slot_letter(slot)}")


def update(folder):
    """Forward, then a version that cannot record: three boots, and back."""
    maker = Maker(folder / "made")
    site = Site(folder / "update", stats=True)
    box = site.box(files=maker.trust(), words=QUICK)
    try:
        site.card.put_file("update.tdu", maker.bundle("system", NEWER, maker.slot(NEWER)))
        box.boot()
        box.wait_says(rf"init: update applied {re.escape(NEWER)}", 180)
        box.wait_reset("updated", 120)
        box.boot()
        claim("update: applied, and the other slot is booted on trial", started(box, NEWER, SLOT_B) and box.slot == SLOT_B, box.slot)
        box.wait_says(r"rows_book=[1-9]")
        box.wait_says(r"init: healthy", 120)
        claim("update: it records and is found healthy", True)
        box.cut()
        box.boot()
        started(box, NEWER, SLOT_B)
        box.wait_says(r"rows_book=[1-9]")
        claim("update: and stays, the bundle is not applied again", "update applied" not in box.said(), box.tail())
        box.cut()
        fall_back(site, maker, box)
    finally:
        site.stop(box)


def fall_back(site, maker, box):
    site.card.put_file("update.tdu", maker.bundle("system", BETTER, maker.slot(BETTER, bad_recorder())))
    box.boot()
    box.wait_says(rf"init: update applied {re.escape(BETTER)}", 180)
    box.wait_reset("updated", 120)
    trials = 0
    while trials < 6:
        box.boot()
        if box.slot != SLOT_A:
            break
        started(box, BETTER, SLOT_A)
        trials += 1
        if trials == 1:
            box.wait_says(r"init: the update has not proven itself", 120)
            box.wait_reset("a trial without success", 120)
        else:
            box.wait_says(r"init: recorder ended: |init: switching back")
            box.cut()  # its owner has had enough
    claim("update: one that cannot record is tried three times, then the old slot is back", box.slot == SLOT_B and trials <= 4, (trials, box.slot))
    started(box, NEWER, SLOT_B)
    box.wait_says(r"rows_book=[1-9]")
    claim("update: the old slot records", True)
    told = wait_for("STATUS.txt tells of it", lambda: LOST.search(site.card.status()), 90)
    claim("update: the bad one is not tried again, and STATUS.txt tells that it failed", "update applied" not in box.said(), told)
    note("update: " + told.group(0).strip())


def refused(folder):
    """A flipped bit, another's key, an older version, no key at all: refused, said, nothing changed."""
    seed = seed_of("refused")
    maker, stranger = Maker(folder / "made"), Maker(folder / "stranger")
    site = Site(folder / "refused", stats=True)
    slot = maker.slot(NEWER)
    good = maker.bundle("system", NEWER, slot)
    flipped = bytearray(good.read_bytes())
    place = random.Random(seed).randrange(len(flipped))
    flipped[place] ^= 1
    stranger_made = stranger.bundle("system", NEWER, slot).read_bytes()
    cases = [(f"with a bit flipped at byte {place}", bytes(flipped), True, "damaged"),
             ("with another's key", stranger_made, True, "signed by a key that is not ours"),
             ("of an older version", maker.bundle("system", "0.0.1", slot).read_bytes(), True, "not newer"),
             ("on a box that knows no key", good.read_bytes(), False, "key")]
    boxes = []
    try:
        for number, (what, content, trusts, words) in enumerate(cases):
            site.card.put("update.tdu", content)
            box = site.box(f"box{number}", files=maker.trust() if trusts else {}, words=QUICK)
            boxes.append(box)
            site.card.put("STATUS.txt", "")
            box.boot()
            started(box, finished_image().name.split("-")[1], SLOT_A)
            box.wait_says(r"rows_book=[1-9]")
            told = wait_for("STATUS.txt tells of the bundle", lambda: re.search(r"(?m)^Update .*update\.tdu[^:\n]*: (.*?)\s*$", site.card.status()), 90)
            claim(f"refused: a bundle {what}, STATUS.txt says so and the box records", words in told.group(1), told.group(0))
            note(f"refused: {what}: {told.group(1)}")
            box.cut()
    finally:
        site.stop(*boxes)


def interrupted(folder):
    """The power goes while the slot is written."""
    seed = seed_of("interrupted")
    moment = random.Random(seed)
    maker = Maker(folder / "made")
    site = Site(folder / "interrupted", stats=True)
    site.card.put_file("update.tdu", maker.bundle("system", NEWER, maker.slot(NEWER)))
    box = site.box(files=maker.trust(), words=QUICK)
    try:
        for number in range(2):
            box.boot()
            before = site.card.slot_hash(SLOT_B)
            wait_for("the slot is being written", lambda: site.card.slot_hash(SLOT_B) != before or not box.is_on(), 120)
            time.sleep(moment.uniform(0, 1.5))  # the moment of the cut, not a wait for anything
            written = "update applied" not in box.said()
            box.cut()
            note(f"interrupted: cut {number + 1} {'while the slot was written' if written else 'after it'}")
        box.boot()
        if box.slot == SLOT_A:
            box.wait_says(rf"init: update applied {re.escape(NEWER)}", 180)
            box.wait_reset("updated", 120)
            box.boot()
        started(box, NEWER, SLOT_B)
        box.wait_says(r"rows_book=[1-9]")
        claim("interrupted: cut while the slot was written, the card boots, the update is done in the end and records", box.slot == SLOT_B, box.slot)
    finally:
        site.stop(box)


def recorder_update(folder):
    """The program alone: it runs in place of the slot's; one that cannot record is left for the slot's own."""
    maker = Maker(folder / "made")
    site = Site(folder / "recorder", stats=True)
    box = site.box(files=maker.trust(), words=QUICK)
    try:
        site.card.put_file("update.tdu", maker.bundle("recorder", NEWER, recorder_path()))
        box.boot()
        box.wait_says(rf"init: update applied {re.escape(NEWER)}", 180)
        box.wait_says(r"rows_book=[1-9]", 120)
        box.wait_says(r"init: healthy", 120)
        claim("recorder update: applied without another slot, it records and is found healthy", box.slot == SLOT_A, box.slot)
        if box.is_on():
            box.cut()
        site.card.put_file("update.tdu", maker.bundle("recorder", BETTER, STAND_IN))
        box.boot()
        ended = box.wait_says(r"init: recorder ended: .*")
        box.wait_says(r"rows_book=[1-9]", 120, after=ended.end())
        claim("recorder update: one that cannot record is given up within its first boot, and the box records as before", True)
        box.cut()
        box.boot()
        box.wait_says(r"rows_book=[1-9]", 120)
        claim("recorder update: and is not tried again", "recorder ended" not in box.said(), box.tail())
        told = wait_for("STATUS.txt tells of it", lambda: LOST.search(site.card.status()), 90)
        note(f"recorder update: {told.group(0).strip()}")
    finally:
        site.stop(box)
