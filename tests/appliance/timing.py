"""Time before TLS on a box without a clock: the last known time, then the network's, and records without it too."""
import re
import time

from claims import claim, note
from deck import wait_for
from rig import Found, Site
from rows import read

PAST = "1970-01-01T00:00:00"


def clock_rows(found):
    """(state, wall clock in s) of table clock."""
    made = found.drain()
    return [] if made is None else read(made, "clock")


def steps(folder):
    site = Site(folder / "time", stats=True)
    box = site.box()
    try:
        box.boot(rtc=PAST)
        box.wait_says(r"init: time synced")
        box.wait_says(r"rows_book=[1-9]")
        claim("time: a box that starts in 1970 asks our time server and records over TLS", site.time.asked > 0, site.time.asked)
        box.cut()
        found = Found(site.card, site.folder / "out")
        check_stamps(found, "time", time.time())
        states = {row["state"] for row in clock_rows(found)}
        claim("time: table clock says that it is synchronised", "synced" in states or "stepped" in states, states)
    finally:
        site.stop(box)


def check_stamps(found, label, now_s, within_s=120):
    listed = found.journal()
    stamps = [row["ts_recv"] / 1e6 for row in clock_rows(found)]
    claim(f"{label}: what is stamped is stamped with the time that was served",
          stamps and all(abs(stamp - now_s) < within_s for stamp in stamps), (stamps[:2], now_s, listed))


def floor(folder):
    """No server answers: the floor, unsynced, and records nonetheless; later the server comes and the clock follows."""
    site = Site(folder / "floor", stats=True)
    site.time.silent = True
    box = site.box()
    try:
        box.boot(rtc=PAST)
        box.wait_says(r"init: time floor")
        box.wait_says(r"rows_book=[1-9]")
        claim("floor: without a time server it records", True)
        text = wait_for("STATUS.txt speaks of the clock", lambda: re.search(r"(?im)^.*clock.*$", site.card.status()), 90)
        claim("floor: STATUS.txt says that the clock is not right", re.search(r"not|unsync|no time", text.group(0)), text.group(0))
        note("floor: " + text.group(0).strip())
        box.cut()
        found = Found(site.card, site.folder / "out")
        rows = clock_rows(found)
        years = {time.gmtime(row["ts_recv"] / 1e6).tm_year for row in rows}
        claim("floor: stamps begin at the build's time, not in 1970", rows and min(years) >= 2024, years)
        claim("floor: table clock says unsynced", rows and {row["state"] for row in rows} == {"unsynced"}, {row["state"] for row in rows})
        promised = found.journal()
        claim("floor: what was recorded is there", promised["frames"] > 0, promised)
    finally:
        site.stop(box)
