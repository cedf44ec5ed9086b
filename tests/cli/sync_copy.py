"""sync_copy.py WORK: what `tape sync` carries between folders and stores in every direction, looked at by other means than its own: the bytes at
both ends, the stores' own logs of what they were asked, and what stands there when it is killed in between. Prints a claim a line."""
import json
import os
import signal
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "stores"))
import fault_client
import segments

WORK = Path(sys.argv[1])
TAPE = Path(os.environ["TAPEDECK_OUT"]).resolve() / "host/tape"
LIMIT_S, BUCKET = 60, "tape"
ODD = ["A=B", "A+B", "A:B", "é", "%41", "two words", "a~b(c)'d'"]


def claim(what, holds, detail=""):
    print(("ok" if holds else "FAILED"), what, "" if holds else f"[{detail}]", flush=True)


# ---- one run -----------------------------------------------------------------------------------------------------------

def command(*words):
    return [str(TAPE), "sync", *map(str, words), "--json"]


def environment(*stores):
    """What names the stores: an S3 first, then a GCS."""
    own = {"PATH": os.environ.get("PATH", ""), "HOME": str(WORK), "LANG": "C.UTF-8"}
    for prefix, store in zip(("S3", "GCS"), stores):
        if store:
            own |= {f"{prefix}_ENDPOINT": store.url, f"{prefix}_ACCESS_KEY": "key", f"{prefix}_SECRET_KEY": "secret"}
    return own


class Ran:
    """A run that ended: its exit code and what it says of itself."""

    def __init__(self, words, env):
        done = subprocess.run(command(*words), env=env, capture_output=True, text=True, timeout=LIMIT_S, check=False)
        self.code, self.err, self.said = done.returncode, done.stderr, {}
        try:
            self.said = json.loads(done.stdout)
        except ValueError:
            self.err += done.stdout

    def __getitem__(self, name):
        return self.said.get(name)

    def is_fine(self, **numbers):
        return self.code == 0 and all(self.said.get(name) == number for name, number in numbers.items())

    def __repr__(self):
        return f"exit code {self.code}, {({k: v for k, v in self.said.items() if v})} {self.err}"


def sync(*words, stores=()):
    return Ran(words, environment(*stores))


# ---- what stands where ---------------------------------------------------------------------------------------------------

def tree(folder, but=()):
    """Name -> sum of every file there, hidden ones too."""
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*") if path.is_file() and path.suffix not in but}


def visible(folder):
    """What a folder has for others: no marks, no hidden names."""
    return {name: found for name, found in tree(folder, but=(".done",)).items() if not any(part.startswith(".") for part in name.split("/"))}


def carried(data):
    """What a deck's folder has for others, by the names that it gets there."""
    names = tree(data, but=(".done",))
    return {name.replace("ready/", "bronze/", 1): found for name, found in names.items() if name.startswith(("ready/", "certificates/"))}


def objects(store, prefix=""):
    """The same of what a store holds."""
    return {name[len(prefix):]: each["sha256"] for name, each in store.ask("objects")[BUCKET].items() if name.startswith(prefix)}


def keys_of(store):
    return list(store.ask("objects")[BUCKET])


def receipt_of(key):
    folder, _, name = key.rpartition("/")
    return f"{folder}/_{name.removesuffix('.parquet')}.json"


def log_of(store, since=0):
    return [(each["verb"], each["key"]) for each in store.ask("log", since=since)]


def is_receipts_last(log):
    """Each receipt was put once its segment stood: behind the last request that wrote it, and the one that asked whether it is right."""
    order = {}
    for at, (verb, key) in enumerate(log):
        if verb in ("put", "parts_close"):
            order[key] = at
    heads = {key: at for at, (verb, key) in enumerate(log) if verb in ("head", "get")}
    pairs = [(key, receipt_of(key)) for key in order if key.endswith(".parquet")]
    return bool(pairs) and all(receipt in order and order[key] < order[receipt] and order[key] < heads.get(key, -1) for key, receipt in pairs)


def half_sets(folder):
    """Receipts in a folder whose segment is not there or is not what they say. Receipts are looked up first: what comes meanwhile does no harm."""
    wrong = []
    for path in [path for path in folder.rglob("_*.json")]:
        receipt = json.loads(path.read_text())
        segment = path.parent / receipt["segment"]
        if not segment.exists() or sha256(segment.read_bytes()).hexdigest() != receipt["sha256"]:
            wrong.append(path.name)
    return wrong


def make_deck(name, count=6, size=3000, odd=False):
    data = WORK / name
    for number in range(1, count + 1):
        segments.make(data, number, size + number, table="trades" if number % 2 else "book", hour=number % 24)
    for symbol in ODD if odd else []:
        segments.make(data, 1, size, symbol=symbol)
    for path, text in {"certificates/exchange=made/date=2026-11-20.json": "{}\n", "active/book/x.parquet": "open", "journal/00001.journal": "frames",
                       "weights.bin": "weights"}.items():
        (data / path).parent.mkdir(parents=True, exist_ok=True)
        (data / path).write_text(text)
    return data


def segments_of(folder):
    return sorted(path for path in folder.rglob("*.parquet") if "ready" in path.parts or "bronze" in path.parts)


# ---- folder to folder ------------------------------------------------------------------------------------------------------

def deck_to_disk():
    data, disk = make_deck("deck", odd=True), WORK / "disk"
    count = len(segments_of(data))
    before = tree(data)
    ran = sync(data, disk, "--dry-run")
    claim("a dry run says what it would send", ran.is_fine(sent=count + 1), ran)
    claim("and does nothing at either end", not disk.exists() and tree(data) == before)
    ran = sync(data, disk, "--paths", "trades/**")
    chosen = {name: found for name, found in carried(data).items() if name.startswith("bronze/trades/")}
    claim("a filter chooses", ran.is_fine(sent=3) and tree(disk) == chosen, ran)
    ran = sync(data, disk)
    claim("a deck is copied to a disk", ran.is_fine(sent=count + 1 - 3), ran)
    claim("byte by byte, odd names too, and nothing else stands there", tree(disk) == carried(data), set(tree(disk)) ^ set(carried(data)))
    claim("each segment of the deck is marked", len(list(data.rglob("_*.done"))) == count)
    stamps = {path: path.stat().st_mtime_ns for path in disk.rglob("*")}
    ran = sync(data, disk)
    claim("a second run sends nothing", ran.is_fine(sent=0, sent_bytes=0, there=count + 1), ran)
    claim("and touches nothing", {path: path.stat().st_mtime_ns for path in disk.rglob("*")} == stamps)
    return data, disk


def disk_pulled_out(data, disk):
    """Its place is not filled instead, and with it back all goes on."""
    segments.make(data, 999, 3000)
    away = disk.rename(disk.with_suffix(".away"))
    ran = sync(data, disk)
    claim("a disk that was pulled out is said, its place not filled", ran.code == 5 and "mounted" in ran.err and not disk.exists(), ran)
    away.rename(disk)
    ran = sync(data, disk)
    claim("and once it is back all goes on", ran.is_fine(sent=1) and tree(disk) == carried(data), ran)
    ran = sync(data, WORK / "new" / "disk")
    claim("another folder is made", ran.is_fine() and tree(WORK / "new" / "disk") == carried(data), ran)


def what_is_not_right(data):
    disk = WORK / "other"
    first, second, third, fourth = segments_of(data)[:4]
    first.write_bytes(first.read_bytes()[:-1] + b"?")
    (second.parent / f"_{second.stem}.json").unlink()
    os.utime(second, (0, 0))
    foreign = disk / "bronze" / third.relative_to(data / "ready")
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"somebody else's")
    fourth.unlink()
    ran = sync(data, disk)
    claim("a damaged segment and one without a receipt are blocked", ran.code == 1 and ran["blocked"] == 2, ran)
    claim("another object of the name is a conflict", ran["conflicts"] == 1 and foreign.read_bytes() == b"somebody else's", ran)
    claim("all others went", ran["sent"] == len(segments_of(data)) - 3 + 1, ran)
    gone = [disk / "bronze" / each.relative_to(data / "ready") for each in (first, second, fourth)]
    claim("what was not right did not", not any(path.exists() for path in gone) and half_sets(disk) == [], half_sets(disk))
    claim("a receipt whose segment is gone stays at home", not Path(receipt_of(str(gone[2]))).exists())
    ran = sync(data, disk)
    claim("said again by the next run, which sends nothing", ran.code == 1 and ran["sent"] == 0 and ran["blocked"] == 2 and ran["conflicts"] == 1, ran)


def back_and_onwards(disk):
    home, mirror = WORK / "home", WORK / "mirror"
    ran = sync(disk, home, "--direction", "download")
    claim("a disk comes back as a deck's folder", ran.is_fine() and carried(home) == visible(disk), ran)
    ran = sync(disk, mirror, "--no-marks", "--state-dir", WORK / "mirror.state")
    claim("a folder is mirrored as it is", ran.is_fine() and tree(mirror) == visible(disk), ran)
    ran = sync(disk, mirror, "--no-marks", "--state-dir", WORK / "mirror.state")
    claim("and once more without a byte", ran.is_fine(sent=0, sent_bytes=0), ran)


def rotten_copy(data, disk):
    """A copy that rots in the folder is found where the marks are not believed, and left for somebody to look at."""
    victim = segments_of(disk)[0]
    body = victim.read_bytes()
    victim.write_bytes(body[:100] + b"?" + body[101:])
    ran = sync(data, disk, "--no-marks")
    claim("a copy that rotted is found", ran.code == 1 and ran["conflicts"] == 1 and ran["sent"] == 0, ran)
    victim.unlink()
    ran = sync(data, disk, "--no-marks")
    claim("taken away it is sent again", ran.is_fine(sent=1) and victim.read_bytes() == body, ran)


def killed_between_folders():
    """Killed when so many files of the copy can be seen, and looked at all the time: no receipt without its whole segment."""
    data, disk = make_deck("killed", count=24, size=200000), WORK / "killed.disk"
    disk.mkdir()
    wrong, kills = [], 0
    for seen in range(2, 40, 6):
        process = subprocess.Popen(command(data, disk), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and len(list(disk.rglob("*.*"))) < seen:
            wrong += half_sets(disk)
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        wrong += half_sets(disk)
    ran = sync(data, disk)
    claim("killed in between, a receipt never stands without its segment", kills > 0 and wrong == [], (kills, wrong))
    claim("and the next run makes it whole, without leftovers", ran.is_fine() and tree(disk) == carried(data), ran)


# ---- stores ------------------------------------------------------------------------------------------------------------------

def up_and_down(data, s3):
    ran = sync(data, "s3://tape/attic", stores=(s3,))
    claim("a deck goes to a store", ran.is_fine() and objects(s3, "attic/") == carried(data), ran)
    claim("receipts last", is_receipts_last(log_of(s3)))
    folder = WORK / "down"
    ran = sync("s3://tape/attic", folder, "--dry-run", stores=(s3,))
    claim("a dry run down makes no folder", ran.is_fine(sent=len(segments_of(data)) + 1) and not folder.exists(), ran)
    ran = sync("s3://tape/attic", folder, "--paths", "book/**", stores=(s3,))
    wanted = {name: found for name, found in carried(data).items() if name.startswith("bronze/book/")}
    claim("a store comes down by a filter", ran.is_fine() and carried(folder) == wanted, ran)
    ran = sync("s3://tape/attic", folder, stores=(s3,))
    claim("and the rest of it, odd names too", ran.is_fine() and carried(folder) == carried(data), set(carried(folder)) ^ set(carried(data)) or ran)
    claim("nothing is left of the way there", not [name for name in tree(folder) if "/spool/" in name or name.endswith(".new")], list(tree(folder)))
    since = len(s3.ask("log"))
    ran = sync("s3://tape/attic", folder, stores=(s3,))
    got = [key for verb, key in log_of(s3, since) if verb == "get" and key.endswith(".parquet")]
    claim("a second run fetches no segment", ran.is_fine(sent=0) and got == [], (got, ran))
    wrote = {verb for verb, _ in log_of(s3, since)} - {"head", "get", "list", "probe"}
    claim("and writes nothing in the store", not wrote, wrote)


def down_with_damage(s3):
    """The store sends wrong bytes once: fetched again. It holds wrong bytes: nothing comes."""
    victim = next(key for key in keys_of(s3) if key.endswith(".parquet"))
    s3.fault("flip_answer", verb="get", key=victim)
    folder = WORK / "flipped"
    ran = sync("s3://tape/attic", folder, stores=(s3,))
    claim("bytes that were bent on the way are fetched again", ran.is_fine() and half_sets(folder) == [] and s3.hits()["flip_answer"] == 1, ran)
    s3.ask("clear")
    s3.ask("flip", bucket=BUCKET, key=victim)
    folder = WORK / "rotten"
    ran = sync("s3://tape/attic", folder, stores=(s3,))
    place = folder / victim.replace("attic/bronze/", "ready/", 1)
    claim("an object that rotted in the store is not taken", ran.code == 1 and not place.exists() and not Path(receipt_of(str(place))).exists(), ran)
    claim("all others are", len(segments_of(folder)) == len([key for key in keys_of(s3) if key.endswith(".parquet")]) - 1)
    s3.ask("flip", bucket=BUCKET, key=victim)


def killed_on_the_way_down(s3):
    """Killed at each of its requests."""
    folder, wrong, kills = WORK / "killed.down", [], 0
    total = None
    for after in range(0, 60, 4):
        process = subprocess.Popen(command("s3://tape/attic", folder), env=environment(s3), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        s3.fault("kill_stored" if after % 8 else "kill_after", pid=process.pid, after=after)
        total = process.wait(LIMIT_S)
        kills += total == -signal.SIGKILL
        s3.ask("clear")
        wrong += half_sets(folder) if folder.exists() else []
        if total == 0:
            break
    ran = sync("s3://tape/attic", folder, stores=(s3,))
    claim("killed on the way down, a receipt never stands without its segment", kills > 3 and wrong == [], (kills, wrong))
    wanted = {name: found for name, found in objects(s3, "attic/").items()}
    claim("and the next run makes it whole", ran.is_fine() and carried(folder) == wanted, ran)


def store_to_store(s3, gcs):
    segments.make(WORK / "large", 1, (17 << 20) + 5, symbol="LARGE")
    ran = sync(WORK / "large", "s3://tape/attic", stores=(s3,))
    claim("a large one goes up in parts", ran.is_fine(sent=1) and "parts_close" in [verb for verb, _ in log_of(s3)], ran)
    ran = sync("s3://tape/attic", "gs://tape/copy", "--state-dir", WORK / "copy.state", stores=(s3, gcs))
    claim("a store is copied to another of another kind", ran.is_fine() and objects(gcs, "copy/") == objects(s3, "attic/"), ran)
    claim("receipts last there too", is_receipts_last(log_of(gcs)))
    claim("the large one in parts", "parts_close" in [verb for verb, _ in log_of(gcs)])
    claim("no spool file is left", tree(WORK / "copy.state") == {} or not list((WORK / "copy.state" / "spool").iterdir()), list(tree(WORK / "copy.state")))
    since = (len(s3.ask("log")), len(gcs.ask("log")))
    ran = sync("s3://tape/attic", "gs://tape/copy", "--state-dir", WORK / "copy.state", stores=(s3, gcs))
    asked = log_of(s3, since[0]) + log_of(gcs, since[1])
    moved = [(verb, key) for verb, key in asked if verb not in ("head", "list", "probe", "get") or (verb == "get" and key.endswith(".parquet"))]
    claim("a second run carries nothing", ran.is_fine(sent=0, sent_bytes=0) and moved == [], (moved, ran))
    key = next(key for key in keys_of(gcs) if key.endswith(".parquet"))
    gcs.ask("plant", bucket=BUCKET, key=key, text="somebody else's")
    ran = sync("s3://tape/attic", "gs://tape/copy", "--state-dir", WORK / "copy.state", stores=(s3, gcs))
    claim("another object of the name is a conflict there", ran.code == 1 and ran["conflicts"] == 1 and ran["sent"] == 0, ran)
    claim("and neither is touched", gcs.ask("body", bucket=BUCKET, key=key) == b"somebody else's")
    ran = sync("s3://tape/attic", "s3://tape/twin", "--from-endpoint-url", s3.url, "--paths", "bronze/trades/**", "--state-dir", WORK / "twin.state", stores=(gcs,))
    wanted = {name: found for name, found in objects(s3, "attic/").items() if name.startswith("bronze/trades/")}
    claim("a store is copied to another of its kind, by a filter", ran.is_fine() and objects(gcs, "twin/") == wanted, ran)


def half_sets_of(store, prefix):
    """As half_sets(), of a store."""
    sums = objects(store, prefix)
    receipts = {name: json.loads(store.ask("body", bucket=BUCKET, key=prefix + name)) for name in sums if name.rpartition("/")[2].startswith("_")}
    return [name for name, receipt in receipts.items() if sums.get(f"{name.rpartition('/')[0]}/{receipt['segment']}") != receipt["sha256"]]


def killed_between_stores(s3, gcs):
    """Killed at requests of the destination: in the middle of a body, once it was stored, and behind the answer."""
    wrong, kills, words = [], 0, ("s3://tape/attic", "gs://tape/killed", "--state-dir", WORK / "killed.state")
    for round, kind in enumerate(["kill_body", "kill_stored", "kill_after", "kill_before"] * 2):
        process = subprocess.Popen(command(*words), env=environment(s3, gcs), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        gcs.fault(kind, pid=process.pid, verb="put,part,parts_open,parts_close", after=round % 5, at=1000)
        kills += process.wait(LIMIT_S) == -signal.SIGKILL
        gcs.ask("clear")
        wrong += half_sets_of(gcs, "killed/")
    ran = sync(*words, stores=(s3, gcs))
    claim("killed between two stores, a receipt never stands without its segment", kills > 4 and wrong == [], (kills, wrong))
    claim("and the next run makes the copy whole", ran.is_fine() and objects(gcs, "killed/") == objects(s3, "attic/"), ran)
    left = [upload for upload in gcs.ask("uploads").values() if upload["parts"]]  # one that was opened just before the kill is not known to anyone
    claim("without unfinished uploads and spool files", not left and not list((WORK / "killed.state" / "spool").iterdir()), left)


def read_in_place(s3):
    """pyarrow reads a table of the bucket as it reads the folder (docs/FORMAT.md)."""
    import pyarrow.dataset
    import pyarrow.fs
    fixture, made = TAPE.parent.parent / "host-asan/unit/lake/verify_test", WORK / "made"
    if not fixture.exists():
        print("skipped the recorder's writer is not built", fixture)
        return
    made.mkdir()
    subprocess.run([fixture, "fixture"], env={"TAPE_FIXTURE": str(made)}, capture_output=True, check=True)
    ran = sync(made, "s3://tape/read", stores=(s3,))
    there = pyarrow.fs.S3FileSystem(access_key="key", secret_key="secret", endpoint_override=f"127.0.0.1:{s3.port}", scheme="http", region="us-east-1")
    tables = [pyarrow.dataset.dataset(*where).to_table() for where in ((str(made / "ready/trades"),),)]
    tables += [pyarrow.dataset.dataset("tape/read/bronze/trades", filesystem=there).to_table()]
    order = [("ts_recv", "ascending"), ("trade_id", "ascending")]
    here, there = (table.sort_by([key for key in order if key[0] in table.column_names]) for table in tables)
    claim("pyarrow reads a bucket's table as the folder's", ran.is_fine() and here.num_rows > 0 and here.equals(there), (here.num_rows, there.num_rows, ran))


def main():
    data, disk = deck_to_disk()
    rotten_copy(data, disk)
    disk_pulled_out(data, disk)
    back_and_onwards(disk)
    killed_between_folders()
    s3, gcs = fault_client.Store("--bucket", BUCKET), fault_client.Store("--bucket", BUCKET)
    try:
        up_and_down(make_deck("up", odd=True), s3)
        down_with_damage(s3)
        killed_on_the_way_down(s3)
        store_to_store(s3, gcs)
        killed_between_stores(s3, gcs)
        read_in_place(s3)
    finally:
        s3.stop()
        gcs.stop()
    what_is_not_right(data)


main()
