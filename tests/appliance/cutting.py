"""Power cuts: the machine killed at random moments while it records; and a log of all that reached its card, cut at random places, of what
was not yet flushed a random half. Read on this machine, nothing promised is lost, and what is there is what the exchange sent."""
import os
import random
import re
import shutil
import time

from blocklog import Replay
from box import Box
from card import Card, Firmware
from claims import claim, note
from deck import Late, wait_for
from rig import Found, Site
from rows import all_gaps, read
from verdicts import check_points

KILLS = int(os.environ.get("TAPEDECK_KILLS", "4"))
CUTS = int(os.environ.get("TAPEDECK_CUTS", "24"))
BOOTS_OF_CUTS = 2
PROMISE = re.compile(r"spy synced=(\d+) frame=\d+ segments=(\d+)")


def seed_of(name):
    seed = int(os.environ.get("SEED", time.time_ns() // 1000 % 1000000))
    note(f"{name}: SEED={seed}")
    return seed


def promises(text):
    """The last that the recorder said: its number of the newest frame that is safe."""
    return max((int(match.group(1)) for match in PROMISE.finditer(text)), default=0)


def lost(found, promised):
    """Empty, or what of the promised frames is not there."""
    if found.trouble:
        return found.trouble
    if not promised:
        return ""
    journal = found.journal()
    if journal["last"] < promised:
        return f"{promised} promised, the last frame is {journal['last']}: {journal['said']}"
    if journal["first"] != 1 or any(hole < promised for hole in journal["holes"]):
        return f"{promised} promised, frames from {journal['first']}, missing after {journal['holes'][:3]}"
    return found.verify()


def check_against_exchange(site, found, label, restarts):
    """The files that the journal alone makes, beside what the exchange knows."""
    made = found.drain()
    claim(f"{label}: the journal is made into files", made is not None, found.said)
    wrong, looked = [], 0
    for venue, symbols in site.symbols.items():
        for symbol in symbols:
            bad, count = check_points(site.exchange, made, venue, symbol)
            wrong, looked = wrong + bad, looked + count
    claim(f"{label}: at random rows each book equals the exchange's", not wrong and looked, wrong or looked)
    odd, known = [], 0
    for venue, symbols in site.symbols.items():
        for symbol in symbols:
            ids = [row["trade_id"] for row in read(made, "trades", venue, symbol)]
            holes = sum(1 for a, b in zip(sorted(ids), sorted(ids)[1:]) if b != a + 1)
            known += len(ids)
            if len(set(ids)) != len(ids) or holes > restarts:
                odd.append((venue, symbol, len(ids), len(set(ids)), holes))
    claim(f"{label}: no trade twice, and none missing but while the box was off", not odd and known, odd or known)
    crashes = sum(1 for rows in all_gaps(made).values() for row in rows if row["kind"] == "power_loss" and row["phase"] == "close")
    claim(f"{label}: each cut is a row in the ledger", crashes == restarts, (crashes, restarts))
    note(f"{label}: {looked} books and {known} trades compared")


def kills(folder):
    """The last boot is judged against the exchange, each one before against its promises."""
    seed = seed_of("kills")
    moment = random.Random(seed)
    site = Site(folder / "kills", rate=300, seed=seed)
    box = site.box(standin="spy")
    try:
        promised, bad, numbers = 0, [], []
        for number in range(KILLS):
            box.boot()
            wait_for("it promises", lambda: promises(box.said()) > promised or not box.is_on(), 90)
            time.sleep(moment.uniform(0, 3))  # the moment of the cut, not a wait for anything
            said = box.said()
            box.cut()
            promised = max(promised, promises(said))
            numbers.append(promised)
            copy = site.card.copy(site.folder / "after.img")
            why = lost(Found(copy, site.folder / "out"), promised)
            if why:
                bad.append((number, why))
        claim(f"kills: {KILLS} times the power went, and nothing promised is lost", not bad, bad)
        rising = all(a < b for a, b in zip(numbers, numbers[1:]))
        claim("kills: each boot went on behind what was promised before", rising and numbers[0] > 0, numbers)
        check_against_exchange(site, Found(site.card, site.folder / "out"), "kills", KILLS - 1)
    finally:
        site.stop(box)


def log_end(path):
    """Where the log's data ends now; behind it the file is a hole."""
    with open(path, "rb") as file:
        at = end = 0
        while True:
            try:
                at = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:
                return end
            end = os.lseek(file.fileno(), at, os.SEEK_HOLE)


def record_with_log(site, box, log, seconds):
    """Boots for the first time and records; returns promises as (end of the log when it was read, frame)."""
    with open(log, "wb") as file:
        file.truncate(4 << 30)
    box.boot(blocklog=log)
    given, until = [], None

    def more():
        nonlocal until
        said = promises(box.said())
        if said and (not given or said > given[-1][1]):
            given.append((log_end(log), said))
            until = until or time.monotonic() + seconds
        if not box.is_on():
            raise Late("the box went off\n" + box.tail())
        return until and time.monotonic() > until
    wait_for("it records for some seconds", more, 120)
    box.cut()
    return given


class Judge:
    def __init__(self, site, before, log, given, seed, forgets=0):
        self.site, self.given = site, given
        self.folder = site.folder / f"replay{forgets}"
        self.folder.mkdir()
        self.replay = Replay(log, before, self.folder, seed, forgets)

    def promised(self, cut):
        end = self.replay.entries[cut - 1].log_end
        return max((frame for at, frame in self.given if at <= end), default=0)

    def judge(self, cut):
        path = self.folder / "cut.img"
        self.replay.disk_at(cut, path)
        card = Card(path, self.folder / "card.img", size=0)
        try:
            firmware = Firmware(card, self.folder / "boot")
            if not card.get("tapedeck.ini") or firmware.slot != 2:
                return card, "tapedeck.ini or autoboot.txt is spoiled"
        except ValueError as wrong:
            return card, str(wrong)
        return card, lost(Found(card, self.folder / "out"), self.promised(cut))

    def close(self):
        self.replay.close()
        shutil.rmtree(self.folder)


def boots_again(site, card, number):
    """A card as a cut left it records again."""
    card = card.copy(site.folder / "again.img")
    box = Box(card, site.folder / f"again{number}")
    try:
        box.boot()
        box.wait_says(r"rows_book=[1-9]")
        return ""
    except Late as late:
        return str(late)
    finally:
        box.cut()


def cuts(folder):
    seed = seed_of("cuts")
    site = Site(folder / "cuts", rate=300, seed=seed, stats=True)
    before = site.card.copy(site.folder / "before.img")
    box = site.box(standin="spy")
    log = site.folder / "log"
    try:
        given = record_with_log(site, box, log, 12)
        judge = Judge(site, before.path, log, given, seed)
        places = judge.replay.places(CUTS)
        to_boot = set(judge.replay.random.sample(range(CUTS), BOOTS_OF_CUTS))
        bad, idle = [], []
        for number, cut in enumerate(places):
            card, why = judge.judge(cut)
            if why:
                bad.append((cut, why))
            if number in to_boot:
                why = boots_again(site, card, number)
                if why:
                    idle.append((cut, why))
        with_promise = sum(1 for cut in places if judge.promised(cut))
        entries = len(judge.replay.entries)
        judge.close()
        claim(f"cuts: at {CUTS} places of the block log nothing promised is lost and the card boots", not bad and with_promise > 0, bad)
        claim(f"cuts: {BOOTS_OF_CUTS} of these cards record again", not idle, idle)
        note(f"cuts: {entries} requests logged, {with_promise} of {CUTS} cuts lie behind a promise, {given[-1][1]} frames promised at the end")
        lie = Judge(site, before.path, log, given, seed, forgets=12)
        found = sum(1 for cut in lie.replay.places(8, first=entries // 2) if lie.judge(cut)[1])
        lie.close()
        claim("cuts: a card that forgets its last flushes is found out", found > 0, found)
    finally:
        site.stop(box)
