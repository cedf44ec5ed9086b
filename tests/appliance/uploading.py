"""The box carries what it records to a store on this machine by itself, says how that goes, and makes room with what is proven there."""
import re
import sys
import time
from pathlib import Path

from claims import claim, note
from deck import wait_for
from rig import HOST, Found, Site

sys.path.append(str(Path(__file__).resolve().parent.parent / "stores"))

from fault_client import Store  # noqa: E402

BUCKET = "market-data"
CLOSED_PORT = 9  # no time server: the box keeps the hour that it is given
# More room than the card has is wanted: retention takes all that it may.
HUNGRY = "free_mb = 4096\nreserve_mb = 4\n"


def uploads(folder):
    site, store = Site(folder / "uploads", rate=400), Store("--bucket", BUCKET)
    site.write_network(ntp=CLOSED_PORT)
    box = site.box(words="tapedeck.status_s=1 tapedeck.restart_s=1")
    try:
        site.card.put("tapedeck.ini", site.ini() + sync_section(store))
        site.card.put("secrets.ini", "[s3]\naccess_key = key\nsecret_key = wrong\n")
        box.boot()
        text = wait_for("STATUS.txt says that the store refuses", lambda: "denied" in site.card.status() and site.card.status(), 120)
        claim("uploads: wrong keys are told with what to do", "uploads stand still: denied" in text and "keys" in text, text[:1500])
        claim("uploads: no key stands in STATUS.txt or on the console", "wrong" not in text and "= wrong" not in box.said(), "")
        claim("uploads: nothing is sent without right keys", not keys(store), keys(store))
        box.cut()
        site.card.put("secrets.ini", "[s3]\r\naccess_key = key\r\nsecret_key = secret\r\n")
        box.boot(rtc=next_hour(minute=58))
        wait_for("receipts of three segments are in the store", lambda: len(receipts(store)) >= 3, 240)
        claim("uploads: a store that finds the clock an hour off is sent to all the same", True)
        text = wait_for("STATUS.txt tells of uploads", lambda: "UPLOADS" in site.card.status() and "fine" in site.card.status() and site.card.status(), 150)
        claim("uploads: STATUS.txt says where to and how", f"s3://{BUCKET}/attic" in text, text[:2000])
        box.cut()
        site.card.put("tapedeck.ini", site.ini(disk=HUNGRY) + sync_section(store))
        box.boot(rtc=next_hour(minute=59))
        box.wait_says(r"event=deleted file=\S+ bytes=\d+ verified=1", what="that room was made")
        claim("uploads: nothing is deleted that was not proven", not re.search(r"event=deleted .*verified=0", box.said()), box.tail())
        claim("uploads: no process left its list of calls", "forbidden system call" not in box.said(), box.tail())
        made_room = set(re.findall(r"event=deleted file=/data/deck/ready/(\S+)", box.said()))
        box.cut()
        check_deck(site, store, made_room)
    finally:
        site.stop(box)
        store.stop()


def next_hour(minute):
    """A moment of the hour after this one: files are sealed at its end, and the store finds the box's clock wrong. (A clock of the past would be
    set forward to when the image was built.)"""
    return time.strftime(f"%Y-%m-%dT%H:{minute}:30", time.gmtime(time.time() + 3600))


def sync_section(store):
    return (f"[sync]\nenabled = true\nto = s3://{BUCKET}/attic\nendpoint_url = http://{HOST}:{store.port}\ninsecure = true\n"
            "interval_seconds = 2\n")


def keys(store):
    return set(store.ask("objects").get(BUCKET, {}))


def receipts(store):
    return [key for key in keys(store) if key.endswith(".json") and "/bronze/" in key]


def check_deck(site, store, made_room):
    """What was recorded is here, or whole in the store, or both; what is marked here is there."""
    found = Found(site.card, site.folder / "out")
    claim("uploads: the card's data partition is repaired and read", not found.trouble, found.trouble)
    held = keys(store)
    ready = found.data / "ready"
    here = {str(path.relative_to(ready)) for path in ready.rglob("*.parquet")}
    there = {key.removeprefix("attic/bronze/") for key in held if key.endswith(".parquet")}
    gone = there - here  # the power cut gives back what was deleted in the last minute
    marked = {str(path.parent.relative_to(ready) / path.name[1:].removesuffix(".done")) + ".parquet" for path in ready.rglob("_*.done")}
    note(f"uploads: {len(there)} segments in the store, {len(here)} here, {len(marked & here)} of them marked, {len(made_room)} made room")
    claim("uploads: each segment in the store has its receipt there", all(receipt_of(key) in held for key in held if key.endswith(".parquet")
          and key.removeprefix("attic/bronze/") in marked | gone), sorted(held)[:4])
    claim("uploads: what is marked here stands in the store", marked <= there, sorted(marked - there)[:4])
    claim("uploads: the recorder made room with segments that the store has", made_room and made_room <= there, sorted(made_room - there)[:4])
    numbers = {name.rsplit("_", 1)[1] for name in here | there}
    claim("uploads: no segment is missing in both", len(numbers) == max(int(one.removesuffix(".parquet")) for one in numbers), sorted(numbers)[-3:])
    claim("uploads: what is here is sound", not found.verify(), found.verify())


def receipt_of(key):
    head, _, name = key.rpartition("/")
    return f"{head}/_{name.removesuffix('.parquet')}.json"
