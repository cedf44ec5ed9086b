"""fault_cases.py FOLDER [CASE... | --long]: every fault of fault_plan.py against `tape sync`. A case runs it once against the fault, looks that nothing is
lost, then takes the fault away and runs it to the end: all is there, byte by byte, a third run sends nothing, and no secret was told. Cases run
beside each other, since most of their time is waiting. Prints the total that tests/run reads."""
import concurrent.futures
import hashlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from fault_rig import BUCKET, PREFIX, Rig, Template, receipt_of  # noqa: E402

JOBS = 8
FINE, ITEMS, CONFIG, NETWORK = 0, 1, 3, 4
SMALL, LARGE = (900, 70_001), (17_000_001,)  # the second goes in three parts
MEMORY_KB = 16 << 10
SEGMENT, RECEIPT = "*.parquet", "*/_*.json"

results, printing = {"passed": 0, "failed": 0}, threading.Lock()


def check(case, claim, holds, seen=""):
    with printing:
        results["passed" if holds else "failed"] += 1
        if not holds:
            print(f"FAILED: {case}: {claim}: {str(seen)[:600]}", flush=True)
    return holds


class Case:
    def __init__(self, name, *faults, sizes=SMALL, code=FINE, health=None, settings=None, args=(), env=None, **rig):
        self.name, self.faults, self.sizes, self.code, self.health = name, faults, sizes, code, health
        self.settings, self.args, self.env, self.rig = settings or {}, args, env or {}, rig


def fault(kind, verb="", key="", **more):
    return {"kind": kind, "verb": verb, "key": key, **more}


ANSWERS = [
    Case("slow down, twice", fault("slowdown", "put", SEGMENT, count=2)),
    Case("slow down, for two seconds", fault("slowdown", "put", SEGMENT, retry_after=2)),
    Case("slow down before the body was read", fault("slowdown", "part", early=1), sizes=LARGE),
    Case("slow down on each question once", fault("slowdown", "head"), fault("slowdown", "get"), fault("slowdown", "put", RECEIPT)),
    Case("500", fault("error", "put", count=2), fault("error", "head", after=1, status=502)),
    Case("500 at each step of a large one", *(fault("error", verb) for verb in ("parts_open", "part", "parts_close")), sizes=LARGE),
    Case("429", fault("many", "put,head", count=2)),
    Case("409 in a race", fault("conflict", "put", SEGMENT), fault("conflict", "put", RECEIPT)),
    Case("409 at complete", fault("conflict", "parts_close"), sizes=LARGE),
    Case("200 with an error", fault("error_200", "parts_close"), sizes=LARGE),
    Case("200 with an error although it was done", fault("error_200", "parts_close", done=1), sizes=LARGE),
    Case("a page for people", fault("html", "put"), fault("html", "head", status=503)),
    Case("a page for people that says 200", fault("html", "parts_open", status=200), sizes=LARGE),
    Case("XML without end", fault("huge", "put"), fault("huge", "get", status=500, mb=32)),
    Case("XML without end that says 200", fault("huge", "parts_open", status=200, mb=32), sizes=LARGE),
    Case("broken XML", fault("broken_xml", "parts_open"), fault("broken_xml", "parts_close"), sizes=LARGE),
    Case("chance", fault("slowdown", chance=0.15, count=-1, seed=7), fault("lost", chance=0.05, count=4, seed=8)),
]

LINES = [
    Case("reset in the middle of a body", fault("rst_request", "put", SEGMENT, at=3000)),
    Case("reset in the middle of a part", fault("rst_request", "part", at=5_000_000), sizes=LARGE),
    Case("reset in the middle of an answer", fault("rst_answer", "put"), fault("rst_answer", "get", after=2)),
    Case("a lost answer to a PUT", fault("lost", "put", SEGMENT), fault("lost", "put", RECEIPT)),
    Case("lost answers to parts", fault("lost", "parts_open"), fault("lost", "part"), fault("lost", "parts_close"), sizes=LARGE),
    Case("a short answer", fault("short_answer", "get", RECEIPT, after=2)),
    Case("handled twice", fault("twice", "put", count=-1)),
    Case("parts received twice", fault("twice", "part", count=-1), sizes=LARGE),
    Case("refused three times", fault("refuse", count=3)),
    Case("no connection is kept", settings={"keeps_alive": 0}),
    Case("no 100-continue", settings={"continues": 0}, sizes=LARGE),
    Case("a slow answer", fault("slow", "get", bytes_per_s=2000)),
]

# What ends a pass at once: nothing can work. code, health, then all is well again.
STATES = [
    Case("an expired key", fault("expired", count=-1), code=NETWORK, health="denied"),
    Case("a key that may not", fault("denied", "put", count=-1), code=NETWORK, health="denied"),
    Case("a clock that is never believed", fault("skewed", count=-1), code=NETWORK, health="skewed"),
    Case("a region that is not said", settings={"region": "eu-west-3", "region_hint": 0}, code=NETWORK, health="wrong-region"),
    Case("a certificate of nobody", code=NETWORK, health="untrusted", tls=True),
]

# Minutes of patience; by argument --long alone (make sync-kills).
LONG = [
    Case("nobody answers", fault("refuse", count=-1), code=NETWORK, health="offline"),
    Case("no answer ever", fault("stall", "put", SEGMENT)),
    Case("never handled, no answer ever", fault("stall_before", "head")),
    Case("half an answer, then nothing", fault("stall_answer", "get")),
]

# What the client learns by itself.
LEARNS = [
    Case("a clock two hours off", settings={"clock_offset_s": 7200}),
    Case("a clock two hours late", settings={"clock_offset_s": -7200}, dialect="goog4"),
    Case("another region, told by 400", settings={"region": "eu-west-3"}),
    Case("another region, told by 301", settings={"region": "eu-west-3", "region_error": "301"}),
    Case("another region, told by 307", settings={"region": "eu-west-3", "region_error": "307"}),
    Case("no condition on PUT", settings={"conditions": "501"}),
    Case("no condition at complete", settings={"complete_conditions": "501"}, sizes=LARGE),
    Case("conditions are ignored", settings={"conditions": "ignored", "complete_conditions": "ignored"}),
    Case("no checksums: 501", settings={"checksum_headers": "501", "gives_checksums": 0}, sizes=(*SMALL, *LARGE)),
    Case("no checksums: 400", settings={"checksum_headers": "400", "gives_checksums": 0}),
    Case("checksums are ignored", settings={"checksum_headers": "ignored", "gives_checksums": 0}, sizes=LARGE),
    Case("no sum of a whole object", settings={"full_object": 0}, sizes=LARGE),
    Case("no metadata is kept", settings={"metadata": 0}, sizes=(*SMALL, *LARGE)),
    Case("an ETag that is no MD5", settings={"etag": "opaque"}),
    Case("a session token", settings={"session_token": "hush-token"}, env={"S3_SESSION_TOKEN": "hush-token"}),
    Case("a virtual host", ini="style = virtual", env={"S3_ENDPOINT": "http://localhost:PORT"}),
    Case("TLS", tls=True, env={"SSL_CERT_FILE": "TLS/cert.pem"}, sizes=(*SMALL, *LARGE)),
]

# What the store holds is not what was sent.
DAMAGE = [
    Case("a byte flipped", fault("corrupt", "put", SEGMENT, resum=1)),
    Case("a byte flipped, without sums", fault("corrupt", "put", SEGMENT), settings={"gives_checksums": 0}),
    Case("cut off", fault("truncate", "put", SEGMENT, cut=10), settings={"gives_checksums": 0}),
    Case("a receipt flipped, without sums", fault("corrupt", "put", RECEIPT), settings={"gives_checksums": 0}),
    Case("a part flipped", fault("corrupt", "part", resum=1), sizes=LARGE),
    Case("a part flipped, without sums", fault("corrupt", "part"), settings={"gives_checksums": 0, "checksum_headers": "ignored"}, sizes=LARGE),
    Case("a large one flipped", fault("corrupt", "parts_close", resum=1), sizes=LARGE),
    Case("flipped again and again", fault("corrupt", "put", SEGMENT, count=-1, resum=1), code=ITEMS),
    Case("flipped again and again, without sums", fault("corrupt", "put", SEGMENT, count=-1), settings={"gives_checksums": 0}, code=ITEMS),
    Case("a wrong sum answered", fault("wrong_sum", "head", SEGMENT)),
    Case("no sum answered", fault("no_sum", "head", count=-1)),
    Case("a wrong size answered", fault("wrong_size", "head", SEGMENT, after=1)),
    Case("metadata dropped", fault("metadata_dropped", "put", count=-1)),
    Case("gone again", fault("vanish_object", "head", SEGMENT, after=2)),
    Case("an upload that is gone", fault("vanish_upload", "part", after=1), sizes=LARGE),
    Case("an upload that is gone at its end", fault("vanish_upload", "parts_close"), sizes=LARGE),
    Case("the way back flips a byte", fault("flip_answer", "get", SEGMENT), settings={"gives_checksums": 0}),
]

GOOGLE = [
    Case("goog4", dialect="goog4", sizes=(*SMALL, *LARGE)),
    Case("goog4, faults", fault("slowdown", "put"), fault("lost", "put", RECEIPT), fault("rst_request", "part", at=100_000), dialect="goog4", sizes=(*SMALL, *LARGE)),
    Case("goog4, a byte flipped", fault("corrupt", "put", SEGMENT, resum=1), dialect="goog4"),
    Case("goog4, flipped again and again", fault("corrupt", "put", SEGMENT, resum=1, count=-1), dialect="goog4", code=ITEMS),
    Case("a service account", dialect="bearer", sizes=(*SMALL, *LARGE)),
    Case("a service account, faults at its endpoint", fault("slowdown", "token"), fault("lost", "token", after=1), dialect="bearer"),
    Case("a token that ran out", fault("error", "put", status=401, code="AuthenticationRequired"), dialect="bearer"),
    Case("a service account that is refused", fault("error", "token", status=400, code="invalid_grant", count=-1), dialect="bearer", code=NETWORK, health="denied"),
    Case("Google by its interoperability", settings={"vendor": "gcs", "region": "auto"}, env={"S3_REGION": "auto"}),
]


# ---- one case ------------------------------------------------------------------------------------------------------------

def environment(rig, case):
    words = {"PORT": str(rig.store.port), "TLS/": f"{rig.home}/tls/"}
    found = {}
    for name, value in case.env.items():
        for word, text in words.items():
            value = value.replace(word, text)
        found[name] = value
    return found


def set_up(rig, case):
    for name, value in case.settings.items():
        rig.store.ask("set", **{name: value})
    for values in case.faults:
        rig.store.ask("fault", **{name: value for name, value in values.items() if value != ""})


def first_run(rig, case, env):
    said = rig.sync("--no-delete", *case.args, **env)
    if not check(case.name, f"exit code {case.code}", said.code == case.code, said):
        return False
    if case.health:
        check(case.name, f"it says {case.health}", said.report.get("health") == case.health, said)
        check(case.name, "it advises", said.report.get("advice"), said)
    check(case.name, "no more than 16 MiB of memory", 0 < said.report.get("peak_memory_kb", 0) <= MEMORY_KB, said)
    check(case.name, "nothing is lost", not rig.lost(), rig.lost())
    check(case.name, "no file here is touched", all(rig.is_here(name) for name in rig.template.files))
    for shown in rig.store.ask("faults"):
        check(case.name, f"{shown['kind']} was met", shown["hits"] > 0, shown)
    if case.code == FINE:
        check(case.name, "what the store holds equals the files", not rig.differs(), rig.differs())
        check(case.name, "all are marked", not rig.unmarked(), rig.unmarked())
    return True


def mend(rig, case):
    rig.store.ask("clear")
    if case.health == "wrong-region":
        rig.store.ask("set", region="us-east-1")


def asked_to_keep(rig):
    """Bytes of objects and parts that ever came."""
    return sum(entry["body"] for entry in rig.store.ask("log") if entry["verb"] in ("put", "part"))


def later_runs(rig, case, env):
    """All goes up, then nothing, then what is proven goes here."""
    if case.health == "untrusted":
        env = {**env, "SSL_CERT_FILE": f"{rig.home}/tls/cert.pem"}
    if case.code != FINE:
        said = rig.sync("--no-delete", *case.args, **env)
        check(case.name, "all is well in the end", said.code == FINE and not rig.differs() and not rig.unmarked(), f"{said} {rig.differs()}")
    before = asked_to_keep(rig)
    said = rig.sync("--no-delete", *case.args, **env)
    check(case.name, "another run sends nothing", said.code == FINE and said.report.get("sent_bytes") == 0 and asked_to_keep(rig) == before, said)
    said = rig.sync("--keep-days", "0", *case.args, **env)
    check(case.name, "what is proven is deleted here", said.code == FINE and not rig.left(), f"{said} {rig.left()}")
    check(case.name, "and stays there", not rig.differs() and not rig.lost(), rig.differs())


def run_case(case, templates, work):
    rig = Rig(work / case.name.replace(" ", "-").replace("/", "-"), templates[case.sizes], **case.rig)
    try:
        env = environment(rig, case)
        set_up(rig, case)
        if first_run(rig, case, env):
            mend(rig, case)
            later_runs(rig, case, env)
        check(case.name, "no secret is told", not rig.told(), rig.told())
    except Exception:  # noqa: BLE001 - whatever it was, it is shown
        check(case.name, "it runs to its end", False, traceback.format_exc()[-500:])
    finally:
        rig.close()
        shutil.rmtree(rig.home, ignore_errors=True)


# ---- those that are not of one form --------------------------------------------------------------------------------------

def bucket_vanishes(rig, name):
    rig.store.ask("bucket", name=BUCKET, gone=1)
    said = rig.sync("--keep-days", "0")
    check(name, "exit code 4, no-bucket", said.code == NETWORK and said.report.get("health") == "no-bucket", said)
    check(name, "all files are here", all(rig.is_here(each) for each in rig.template.files))
    rig.store.ask("bucket", name=BUCKET)
    said = rig.sync("--no-delete")
    check(name, "it goes on when the bucket is back", said.code == FINE and not rig.differs(), said)
    rig.store.ask("bucket", name=BUCKET, gone=1)
    said = rig.sync("--keep-days", "0")
    check(name, "a bucket that vanished with all copies deletes nothing here", all(rig.is_here(each) for each in rig.template.files), said)


def somebody_else(rig, name):
    planted = (rig.template.keys[0], receipt_of(rig.template.keys[1]))
    for key in planted:
        rig.store.ask("plant", key=f"{PREFIX}/bronze/{key}", text="somebody else's")
    before = [rig.there()[key]["generation"] for key in planted]
    said = rig.sync("--keep-days", "0")
    check(name, "exit code 1, two conflicts", said.code == ITEMS and said.report.get("conflicts") == 2, said)
    check(name, "their objects are not touched", [rig.there()[key]["generation"] for key in planted] == before)
    check(name, "all of ours is here", all(rig.is_here(each) for each in rig.template.files))


def comes_between(rig, name):
    """Absent when asked, there when put."""
    rig.store.ask("fault", kind="exists", verb="put", key=f"*{rig.template.keys[0]}")
    said = rig.sync("--keep-days", "0")
    check(name, "a conflict", said.code == ITEMS and said.report.get("conflicts") == 1, said)
    check(name, "their object is not touched", rig.store.ask("body", key=f"{PREFIX}/bronze/{rig.template.keys[0]}") == b"somebody else was here")
    check(name, "ours is here, the other is there", rig.is_here(rig.template.keys[0]) and not rig.is_here(rig.template.keys[1]))


def rots_behind_the_mark(rig, name):
    """Whole when it was marked, not so when it is to be deleted here."""
    said = rig.sync("--no-delete")
    check(name, "all goes up", said.code == FINE, said)
    first, second = rig.template.keys
    rig.store.ask("flip", key=f"{PREFIX}/bronze/{first}", resum=1)
    rig.store.ask("delete", key=f"{PREFIX}/bronze/{receipt_of(second)}")
    said = rig.sync("--keep-days", "0")
    check(name, "both segments are kept", rig.is_here(first) and rig.is_here(second), said)
    check(name, "it is said", said.code == ITEMS or said.report.get("kept") == 2, said)
    check(name, "nothing is lost", all(rig.is_here(each) for each in rig.template.files))


def rots_without_sums(rig, name):
    rig.store.ask("set", gives_checksums=0)
    said = rig.sync("--no-delete")
    check(name, "all goes up", said.code == FINE, said)
    rig.store.ask("flip", key=f"{PREFIX}/bronze/{rig.template.keys[0]}")
    said = rig.sync("--keep-days", "0")
    check(name, "it is read back before it goes here, and kept", rig.is_here(rig.template.keys[0]), said)
    check(name, "the sound one goes", not rig.is_here(rig.template.keys[1]), said)


def rots_behind_the_sums(rig, name):
    """The store's own sum is still that of what came; only who reads the bytes can know."""
    first, second = rig.template.keys
    rig.store.ask("fault", kind="corrupt", verb="put", key=f"*{first}", count=-1)
    rig.store.ask("fault", kind="corrupt", verb="put", key=f"*{receipt_of(second)}")
    said = rig.sync("--keep-days", "0", "--read-back")
    check(name, "the damaged segment is kept, and it is said", rig.is_here(first) and said.code == ITEMS and said.report.get("errors_total") == 1, said)
    check(name, "the damaged receipt was sent again, so the other one may go", not rig.is_here(second) and not rig.lost(), f"{said} {rig.lost()}")
    rig.store.ask("clear")
    said = rig.sync("--keep-days", "0", "--read-back")
    check(name, "sent again it is whole", said.code == FINE and not rig.differs() and not rig.left(), f"{said} {rig.differs()}")


def receipt_and_file_differ(rig, name):
    key = rig.template.keys[0]
    path = rig.data / "ready" / key
    body = bytearray(path.read_bytes())
    body[100] ^= 1
    path.unlink()
    path.write_bytes(body)
    said = rig.sync("--keep-days", "0")
    check(name, "exit code 1, blocked", said.code == ITEMS and said.report.get("blocked") == 1, said)
    check(name, "nothing of it goes", key not in rig.there() and receipt_of(key) not in rig.there())
    check(name, "it is here as it was", path.read_bytes() == bytes(body))


def stalls_and_is_stopped(rig, name):
    rig.store.ask("fault", kind="stall", verb="put", count=-1)
    process = rig.begin("--keep-days", "0", "--max-workers", "2")
    while not any(entry["kind"] == "stall" and entry["hits"] for entry in rig.store.ask("faults")):
        if process.poll() is not None:
            break
    os.kill(rig.pid(), signal.SIGTERM)
    said = rig.end(process)
    check(name, "it ends when it is asked to", said.code == ITEMS and said.report.get("interrupted") is True, said)
    check(name, "nothing is lost", not rig.lost(), rig.lost())
    rig.store.ask("clear")
    said = rig.sync("--no-delete")
    check(name, "then all is there", said.code == FINE and not rig.differs(), said)


def patience_is_kept(rig, name):
    rig.store.ask("fault", kind="slowdown", verb="put", key=f"*{rig.template.keys[0]}", retry_after=2)
    said = rig.sync("--no-delete")
    seen = [entry for entry in rig.store.ask("log") if entry["key"].endswith(rig.template.keys[0])]
    at = next(i for i, entry in enumerate(seen) if entry["status"] == 503)
    check(name, "the store is not asked again sooner than it wished", seen[at + 1]["at_s"] - seen[at]["at_s"] >= 2, seen[at:at + 2])
    check(name, "all goes up", said.code == FINE, said)


def comes_back(rig, name):
    """Download: what was sent comes back whole, and a body that is spoilt on the way does not stay."""
    said = rig.sync("--no-delete")
    check(name, "all goes up", said.code == FINE, said)
    rig.store.ask("set", list_page=2, token_style="utf8")
    for kind, more in (("slowdown", {"verb": "list"}), ("flip_answer", {"verb": "get", "key": SEGMENT}), ("rst_answer", {"verb": "get", "key": SEGMENT}), ("lost", {"verb": "list", "after": 1})):
        rig.store.ask("fault", kind=kind, **more)
    said = rig.sync(ends=(rig.place(), rig.home / "mirror"))
    check(name, "all comes back", said.code == FINE, said)
    check(name, "every fault was met", all(each["hits"] for each in rig.store.ask("faults")), rig.store.ask("faults"))
    back = {path.name: digest(path) for path in (rig.home / "mirror").rglob("*made_*") if path.is_file()}
    check(name, "byte by byte", back == {each.rpartition("/")[2]: text for each, text in rig.template.files.items()}, back)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


OWN = [bucket_vanishes, somebody_else, comes_between, rots_behind_the_mark, rots_without_sums, rots_behind_the_sums, receipt_and_file_differ, stalls_and_is_stopped, patience_is_kept, comes_back]


def run_own(function, templates, work):
    name = function.__name__.replace("_", " ")
    rig = Rig(work / function.__name__, templates[SMALL])
    try:
        function(rig, name)
        check(name, "no secret is told", not rig.told(), rig.told())
    except Exception:  # noqa: BLE001 - whatever it was, it is shown
        check(name, "it runs to its end", False, traceback.format_exc()[-500:])
    finally:
        rig.close()


def main():
    wanted, work = sys.argv[2:], Path(sys.argv[1]).resolve()
    usual = ANSWERS + LINES + STATES + LEARNS + DAMAGE + GOOGLE
    if wanted == ["--long"]:
        wanted = [case.name for case in LONG]
    cases = [case for case in (usual + LONG if wanted else usual) if not wanted or case.name in wanted]
    own = [function for function in OWN if not wanted or function.__name__.replace("_", " ") in wanted]
    sizes = {case.sizes for case in cases} | {SMALL}
    with tempfile.TemporaryDirectory(dir=work) as folder:
        templates = {each: Template(Path(folder) / "-".join(map(str, each)), each) for each in sizes}
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            jobs = [pool.submit(run_case, case, templates, Path(folder) / "cases") for case in cases]
            jobs += [pool.submit(run_own, function, templates, Path(folder) / "own") for function in own]
            for job in jobs:
                job.result()
    print(f"{results['passed']} passed, {results['failed']} failed")
    return 1 if results["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
