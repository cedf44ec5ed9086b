"""A recorder that hangs or cannot record: init kills and restarts it, and when that does not help the hardware's watchdog resets the box."""
from claims import claim, note
from deck import wait_for
from rig import Site

QUICK = "tapedeck.hang_s=3 tapedeck.hangs=2 tapedeck.restart_s=1 tapedeck.wdt_s=5 tapedeck.status_s=1"


def hang(folder):
    site = Site(folder / "hang", stats=True)
    box = site.box(standin="hang", words=QUICK)
    again = site.box("again", words=QUICK)
    try:
        box.boot()
        box.wait_says(r"stand-in hangs")
        ended = box.wait_says(r"init: recorder ended: (.*)")
        claim("watchdog: a recorder that hangs is killed, and that is why it ended", "hung" in ended.group(1), ended.group(0))
        box.wait_says(r"init: recorder started pid", after=ended.end())
        claim("watchdog: it is started again", True)
        starved = box.wait_says(r"init: watchdog no longer fed: (.*)")
        note(f"watchdog: {starved.group(1).strip()}")
        events = box.wait_reset("unfed", 60)
        claim("watchdog: no longer fed, the hardware resets the box", any(event.startswith("WATCHDOG") for event in events), events)
        again.boot()
        again.wait_says(r"rows_book=[1-9]")
        claim("watchdog: the next boot records", True)
        text = wait_for("STATUS.txt tells why", lambda: "hung" in site.card.status() and site.card.status(), 90)
        claim("watchdog: STATUS.txt keeps the reason over the reset", text)
    finally:
        site.stop(box, again)


def cannot(folder):
    """A recorder that ends at once: restarted with pauses, the box stays up and says why."""
    site = Site(folder / "cannot")
    box = site.box(standin="exit", words=QUICK)
    try:
        box.boot()
        at = 0
        for _ in range(4):
            at = box.wait_says(r"init: recorder ended: .*", after=at).end()
        claim("cannot record: it is started again and again", True)
        text = wait_for("STATUS.txt says why", lambda: "stand-in cannot record" in site.card.status() and site.card.status(), 90)
        claim("cannot record: STATUS.txt tells what the recorder said at its end", text)
        claim("cannot record: STATUS.txt does not claim that all is well", "nothing" in text.lower() or "not " in text.lower(), text[:600])
        slow = box.wait_says(r"init: recorder ended \d+ times within the hour.*")
        note(f"cannot record: {slow.group(0)}")
        claim("cannot record: the box stays on, its watchdog fed", box.is_on() and not box.look_events_of("WATCHDOG"), box.look_events())
    finally:
        site.stop(box)
