"""servers_check.py FOLDER: `tape sync` beside real object stores on loopback. Claims as in tests/oracle/verdicts.py."""
import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent / "oracle")]
import carry  # noqa: E402
import deck as recording  # noqa: E402
import s3  # noqa: E402
import segments  # noqa: E402
import servers  # noqa: E402
from claims import claim, guarded, note, skipped  # noqa: E402

CHECKS_SUMS = {"seaweedfs", "swift"}  # refuse a body whose crc32c is another's (docs/STORES.md)
WRONG_SUMS = {"moto", "moto-auth"}  # of objects in parts they say a sum of other bytes
RECORDED_S = 3
LARGE = 20_000_001  # three parts
HUGE = 45_000_001  # six parts, to be killed in between
RSS_MAX_KB = 16 << 10
EXIT_ITEMS, EXIT_NETWORK = 1, 4


class Rig:
    """One store, one deck of its own with a small and a large segment beside recorded ones."""

    def __init__(self, store, recorded, work):
        self.store, self.home, self.name = store, work / f"{store.name}-deck", store.name
        self.home.mkdir()
        self.data = self.home / "data"
        shutil.copytree(recorded / "ready", self.data / "ready")
        self.large = segments.make(self.data, 1, 12000 if self.name in WRONG_SUMS else LARGE)
        self.files = carry.local_sums(self.data / "ready")

    def to(self, prefix):
        return f"s3://{self.store.bucket}/{prefix}"

    def sync(self, *arguments, data=None, **keys):
        return carry.sync([data or self.data, *arguments], carry.keys_of(self.store, **keys), self.home)

    def claim(self, what, holds, seen=""):
        return claim(f"{self.name}: {what}", holds, seen)

    def get(self, key):
        return self.store.client().request("GET", f"/{self.store.bucket}/{key}")

    def put(self, key, body, headers=None):
        return self.store.client().request("PUT", f"/{self.store.bucket}/{key}", body=body, headers=headers)

    def deck(self, name, *sizes):
        """Another deck of made segments alone."""
        data = self.home / name
        return data, [segments.make(data, number, size) for number, size in enumerate(sizes, 1)]


def uploads(rig):
    said = rig.sync(rig.to("main"), "--no-delete")
    rig.claim("a deck goes up", said.code == 0, said)
    there = carry.remote_sums(rig.store, "main/bronze/")
    rig.claim(f"another client reads the same {len(rig.files)} files below bronze/", there == rig.files, differing(there, rig.files))
    rig.claim("memory stays below 16 MiB", 0 < said.peak_kb <= RSS_MAX_KB, f"{said.peak_kb} KiB")
    marks = len(list((rig.data / "ready").rglob("_*.done")))
    rig.claim("each segment is marked", marks == len(list((rig.data / "ready").rglob("*.parquet"))), marks)
    head = rig.store.client().request("HEAD", f"/{rig.store.bucket}/main/bronze/{rig.large}")
    rig.claim("the object carries size and sum of its own", head.headers.get("x-amz-meta-tape-sha256") == rig.files[rig.large], head.headers)
    requests_again(rig)


def requests_again(rig):
    said = rig.sync(rig.to("main"), "--no-delete")
    rig.claim("a second run sends 0 bytes", said.code == 0 and sent(said) == 0, said)
    said = rig.sync(rig.to("main"), "--no-delete", "--no-marks")
    rig.claim("nor does one that has no marks to believe", said.code == 0 and sent(said) == 0, said)


def sent(said):
    """Bytes of bodies that went up; -1: the report does not say."""
    return said.report.get("sent_bytes", -1)


def differing(there, here):
    return sorted({*there.items()} ^ {*here.items()})[:4]


def comes_back(rig):
    back = rig.home / "back"
    said = carry.sync([rig.to("main"), back, "--direction", "download"], carry.keys_of(rig.store), rig.home)
    found = carry.local_sums(back)
    wanted = {f"ready/{name}": value for name, value in rig.files.items()}
    found_data = {name: value for name, value in found.items() if name in wanted or name.startswith(("ready/", "bronze/"))}
    if not any(name.startswith("ready/") for name in found_data):
        wanted = {f"bronze/{name}": value for name, value in rig.files.items()}
    rig.claim("it comes back the same", said.code == 0 and found_data == wanted, f"{said} {differing(found_data, wanted)}")


def looked_into(rig):
    """ls, cat and verify of the store print what they print of the folder; a segment that is no Parquet file is one in both."""
    own = {"PATH": "", "HOME": str(rig.home), "TMPDIR": str(rig.home), **carry.keys_of(rig.store)}
    for verb, *options in (["ls"], ["cat", "--table", "trades", "--columns", "ts_recv,price,frame"], ["verify"]):
        here, there = (subprocess.run([carry.TAPE, verb, where, *options], env=own, capture_output=True, text=True)
                       for where in (f"{rig.data}/ready", rig.to("main/bronze")))
        same = there.stdout.replace(rig.to("main/bronze"), f"{rig.data}/ready") == here.stdout
        rig.claim(f"tape {verb} says the same of the store and of the folder", same and here.stdout and there.returncode == here.returncode,
                  f"{there.returncode} {there.stderr[-200:]}, of the folder {here.returncode}")


def resumes(rig):
    data, (key,) = rig.deck("huge", HUGE)
    remote = f"huge/bronze/{key}"
    arguments = [data, rig.to("huge"), "--no-delete", "--max-workers", "1", "--bandwidth", "12M"]
    had = carry.killed_in_parts(rig.store, arguments, carry.keys_of(rig.store), rig.home, remote, 2)
    rig.claim("killed -9 between two parts", had >= 2 and rig.get(remote).status == 404, f"{had} parts")
    said = rig.sync(rig.to("huge"), "--no-delete", data=data)
    right = carry.remote_sums(rig.store, "huge/bronze/") == carry.local_sums(data / "ready")
    rig.claim("the next run goes on with it", said.code == 0 and right, said)
    most = HUGE - (had - 1) * carry.PART + 4096  # one part again, and the receipt
    rig.claim("at most one part goes up twice", 0 < sent(said) <= most, f"{sent(said)} bytes of {HUGE} with {had} parts there")
    rig.claim("no upload is left open", not carry.uploads(rig.store.client(), rig.store.bucket, remote))


def wrong_sum(rig):
    """A store whose own sum is not that of the bytes it gives: nothing is proven there."""
    data, (key,) = rig.deck("wrong-sum", LARGE)
    said = rig.sync(rig.to("wrong-sum"), "--keep-days", "0", data=data)
    marks = list((data / "ready").rglob("_*.done"))
    rig.claim("what the store says a wrong sum of is neither marked nor deleted", said.code == EXIT_ITEMS and (data / "ready" / key).exists() and not marks, said)


def conflict(rig):
    data, (key, other) = rig.deck("conflict", 5000, 6000)
    rig.put(f"conflict/bronze/{key}", b"somebody else's")
    said = rig.sync(rig.to("conflict"), "--keep-days", "0", data=data)
    kept = rig.get(f"conflict/bronze/{key}").body == b"somebody else's" and (data / "ready" / key).exists()
    rig.claim("another's object of the name stays, and so does the file", said.code == EXIT_ITEMS and kept, said)
    rig.claim("the segment beside it went up", rig.get(f"conflict/bronze/{other}").status == 200)


def two_at_once(rig):
    """The same segments by two processes at a time: each object is created once, and both find it right."""
    data, keys = rig.deck("twice", *[4000 + number for number in range(12)])
    again = rig.home / "twice-again"
    shutil.copytree(data, again)
    arguments = [rig.to("twice"), "--no-delete", "--json"]
    both = [carry.begin([each, *arguments], carry.keys_of(rig.store), rig.home) for each in (data, again)]
    said = [process.communicate(timeout=carry.RUN_S)[1] for process in both]
    right = carry.remote_sums(rig.store, "twice/bronze/") == carry.local_sums(data / "ready")
    rig.claim(f"two processes carry the same {len(keys)} segments", [process.returncode for process in both] == [0, 0] and right, said)


def refusals(rig):
    data, _ = rig.deck("refused", 5000)
    if rig.name != "moto":  # it takes any signature
        said = rig.sync(rig.to("refused"), "--no-delete", data=data, secret="not/the+secret")
        rig.claim("a wrong secret is said and not shown", said.code == EXIT_NETWORK and "not/the+secret" not in said.out + said.err and
                  "denied" in (said.out + said.err), said)
        said = carry.sync([rig.to("main"), rig.home / "none", "--direction", "download"], carry.keys_of(rig.store, secret="not/the+secret"), rig.home)
        rig.claim("for a download too", said.code == EXIT_NETWORK and "denied" in (said.out + said.err), said)
    said = rig.sync("s3://no-such-lake/refused", "--no-delete", data=data)
    rig.claim("an absent bucket is said", said.code == EXIT_NETWORK and "bucket" in said.err + said.out, said)


def deletion(rig):
    """Of four segments whose copies were proven once: sound; gone; replaced by other bytes that claim to be ours; their receipt replaced."""
    data, keys = rig.deck("delete", 5000, 6000, 7000, 8000)
    said = rig.sync(rig.to("delete"), "--no-delete", data=data)
    rig.claim("four segments go up", said.code == 0, said)
    sound, gone, swapped, unpaired = keys
    client, path = rig.store.client(), f"/{rig.store.bucket}/delete/bronze/"
    claims = {name: value for name, value in client.request("HEAD", path + swapped).headers.items() if name.startswith("x-amz-meta-tape")}
    whole = (data / "ready" / swapped).read_bytes()
    client.request("DELETE", path + gone)
    other = bytes([whole[0] ^ 1]) + whole[1:]
    # Where the store does not look, the sum that comes along is the right bytes' too: what it says on HEAD is no proof.
    claims["x-amz-checksum-crc32c"] = s3.crc32c_text(other if rig.name in CHECKS_SUMS else whole)
    client.request("PUT", path + swapped, body=other, headers=claims)
    receipt = Path(unpaired).parent / f"_{Path(unpaired).stem}.json"
    client.request("PUT", path + receipt.as_posix(), body=b"{}")
    said = rig.sync(rig.to("delete"), "--keep-days", "0", data=data)
    there = [(data / "ready" / key).exists() for key in keys]
    rig.claim("only what the store proves just now is deleted here", there == [False, True, True, True], f"{there} {said}")


def others_read(rig):
    code, said = carry.rclone_check(rig.store, rig.data / "ready", "main/bronze", rig.home)
    rig.claim("rclone finds no difference", code == 0, said)
    code, said = carry.duckdb_reads(rig.store, f"s3://{rig.store.bucket}/main/bronze/trades/**/*.parquet", f"{rig.data}/ready/trades/**/*.parquet")
    rig.claim("DuckDB reads the same trades", code == 0, said)
    done = subprocess.run([carry.TAPE, "verify", rig.to("main/bronze/trades")], env=carry.keys_of(rig.store), capture_output=True, text=True, check=False)
    rig.claim("tape verify reads it where it is", done.returncode == 0, done.stdout[-200:] + done.stderr[-200:])


def odd_names(rig):
    folder = rig.home / "odd"
    for name in ("sp ace/a+b=c.txt", "é/日~(1)'!&$,;.json", "%41%2F/x", "empty"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode() if name != "empty" else b"")
    said = rig.sync(rig.to("odd"), "--no-delete", data=folder)
    there = carry.remote_sums(rig.store, "odd/")
    rig.claim("odd names and an empty file", said.code == 0 and there == carry.local_sums(folder), f"{said} {there}")


def between(source, target, work):
    """From one store to the other."""
    secrets = work / "from.ini"
    secrets.touch(0o600)
    secrets.write_text(f"[s3]\naccess_key = {source.store.key}\nsecret_key = {source.store.secret}\n")
    arguments = [source.to("main"), target.to("copied"), "--from-endpoint-url", source.store.url, "--from-secrets", secrets,
                 "--state-dir", work / "between"]
    said = carry.sync(arguments, carry.keys_of(target.store), work)
    there = carry.remote_sums(target.store, "copied/bronze/")
    what = f"{source.name} to {target.name}"
    claim(f"{what}: the copy is the same", said.code == 0 and there == source.files, f"{said} {differing(there, source.files)}")
    said = carry.sync(arguments, carry.keys_of(target.store), work)
    claim(f"{what}: a second run sends 0 bytes", said.code == 0 and sent(said) == 0, said)


def from_gcs(store, work):
    """What stands in GCS comes down; going up, fake-gcs-server has no such thing, and that is said."""
    home = work / "fake-gcs-deck"
    data = home / "data"
    keys = [segments.make(data, 1, 5000), segments.make(data, 2, LARGE)]
    client = store.client()
    for path in sorted((data / "ready").rglob("*")):
        if path.is_file():
            name = f"main/bronze/{path.relative_to(data / 'ready').as_posix()}"
            client.request("POST", f"/upload/storage/v1/b/{store.bucket}/o", [("uploadType", "media"), ("name", name)], path.read_bytes())
    back = home / "back"
    said = carry.sync([f"gs://{store.bucket}/main", back, "--direction", "download"], carry.keys_of(store), home)
    found = {Path(name).name: value for name, value in carry.local_sums(back).items()}
    wanted = {Path(name).name: value for name, value in carry.local_sums(data / "ready").items()}
    claim("fake-gcs: segments come down the same", said.code == 0 and found == wanted, f"{said} {differing(found, wanted)}")
    said = carry.sync([data, f"gs://{store.bucket}/up", "--keep-days", "0"], carry.keys_of(store), home)
    kept = all((data / "ready" / key).exists() for key in keys)
    claim("fake-gcs: it takes no upload in the XML dialect; that is said and nothing is deleted", said.code in (EXIT_ITEMS, EXIT_NETWORK) and kept, said)


def record(work):
    """A few seconds of the bundled exchange, by the real recorder."""
    exchange = recording.Exchange(work / "exchange", 2000, 2, venues="coinbase")
    recorder = recording.Recorder(work / "recorder", exchange.port, exchange.ca, {"coinbase": recording.names("coinbase", 2)})
    subprocess.run([recording.TAPEDECK, "record", "--config", recorder.config, "--for", str(RECORDED_S)], check=True, capture_output=True)
    exchange.stop()
    return recorder.data


COMMON = [uploads, looked_into, comes_back, conflict, two_at_once, refusals, deletion, odd_names]
STEPS = {"seaweedfs": [*COMMON, resumes, others_read], "swift": [*COMMON, resumes, others_read], "rclone": [*COMMON, resumes],
         "moto": [*COMMON, wrong_sum], "moto-auth": [uploads, comes_back, refusals]}


def beside(name, recorded, work):
    """All steps with one store; the rig, with the store still up, or None."""
    try:
        store = servers.start(name, work / name)
    except servers.Absent as absent:
        skipped(str(absent))
        return None
    rig = Rig(store, recorded, work)
    for step in STEPS[name]:
        def scenario(step=step):
            step(rig)
        scenario.__name__ = f"{name} {step.__name__}"
        guarded(scenario)
    return rig


def page_is_true(work):
    """docs/STORES.md has what the servers answer now."""
    root = Path(__file__).resolve().parent.parent.parent
    done = subprocess.run([sys.executable, root / "tests/stores/probe"], capture_output=True, text=True, check=False, cwd=work)
    if "skipped" in done.stderr:
        skipped("docs/STORES.md: " + done.stderr.strip().replace("\n", "; "))
        return
    page = (root / "docs/STORES.md").read_text().splitlines()
    missing = [line for line in done.stdout.splitlines() if line not in page]
    claim("docs/STORES.md says what the stores answer", done.returncode == 0 and not missing, missing[:3] or done.stderr[-300:])


def main():
    work = Path(sys.argv[1])
    wanted = sys.argv[2:] or [*STEPS, "fake-gcs", "page"]
    recorded, rigs, processes = record(work), {}, []
    try:
        for name in [name for name in STEPS if name in wanted]:
            begin = time.monotonic()
            rig = beside(name, recorded, work)
            if rig:
                rigs[name] = rig
                processes += rig.store.processes
                note(f"{name}: {time.monotonic() - begin:.0f} s")
        if {"seaweedfs", "swift"} <= rigs.keys():
            guarded(lambda: between(rigs["seaweedfs"], rigs["swift"], work))
        if "fake-gcs" in wanted:
            try:
                store = servers.start("fake-gcs", work / "fake-gcs")
                processes += store.processes
                guarded(lambda: from_gcs(store, work))
            except servers.Absent as absent:
                skipped(str(absent))
    finally:
        servers.end([process.pid for process in processes])
    if "page" in wanted:
        guarded(lambda: page_is_true(work))


if __name__ == "__main__":
    main()
