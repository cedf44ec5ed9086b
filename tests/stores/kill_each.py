"""kill_each.py FOLDER KILLS [SEED]: `tape sync` is killed (-9) at each of its requests: before the store has handled it, in the middle of its body, after
it was handled and before the answer, after the answer; then run again until it is done. At every kill nothing is lost; in the end the store
holds what was here, at most one part went twice for a kill, and a further run sends nothing. First every request in turn, then by chance, some
with a second kill in the run that follows. Prints the total."""
import concurrent.futures
import random
import shutil
import sys
import tempfile
import threading
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from fault_rig import Rig, Template  # noqa: E402

SIZES = (900, 70_001, 17_000_001)  # the last in three parts
PART = 8 << 20
JOBS = 3
KEEP, DELETE = ("--no-delete",), ("--keep-days", "0")
KINDS = ("kill_before", "kill_body", "kill_stored", "kill_after")

results, lock = {"passed": 0, "failed": 0, "killed": 0, "missed": 0, "rework": 0, "most": 0}, threading.Lock()


def check(point, claim, holds, seen=""):
    with lock:
        results["passed" if holds else "failed"] += 1
        if not holds:
            print(f"FAILED: {point}: {claim}: {str(seen)[:500]}", flush=True)
    return holds


def sent_to(rig):
    """Bytes of objects and parts that came, whole or in half."""
    return sum(entry["body"] for entry in rig.store.ask("log") if entry["verb"] in ("put", "part"))


def afresh(rig):
    shutil.rmtree(rig.data, ignore_errors=True)
    rig.template.link(rig.data)
    rig.store.ask("clear")
    rig.store.ask("reset")
    rig.said.clear()


def kill_once(rig, point, kind, after, arguments):
    """Whether it came to that."""
    rig.store.ask("clear")
    rig.store.ask("fault", kind=kind, after=after, pidfile=rig.home / "pid", at=50_000, delay_ms=after % 7,
                  **({"verb": "put,part"} if kind == "kill_body" else {}))
    said = rig.sync(*arguments)
    killed = said.code == -9
    check(point, "it is killed, or done", killed or said.code == 0, said)
    check(point, "nothing is lost", not rig.lost(), rig.lost())
    with lock:
        results["killed" if killed else "missed"] += 1
    return killed


def in_the_end(rig, point, arguments, kills, workers):
    said = rig.sync(*arguments)
    check(point, "then it is done", said.code == 0, said)
    check(point, "the store holds what was here", not rig.differs(), rig.differs())
    check(point, "nothing is lost", not rig.lost(), rig.lost())
    rework = sent_to(rig) - rig.template.bytes
    with lock:
        results["rework"] += max(0, rework)
        results["most"] = max(results["most"], rework)
    check(point, "at most one part a worker went twice", rework <= kills * workers * PART, rework)
    open_ones = [upload for upload in rig.store.ask("uploads").values() if upload["parts"]]
    check(point, "no part is left behind", not open_ones, open_ones)
    if DELETE[0] in arguments:
        check(point, "what is proven is gone here, with receipt and mark", not rig.left(), rig.left())
    else:
        check(point, "all is marked", not rig.unmarked(), rig.unmarked())
    before = sent_to(rig)
    said = rig.sync(*arguments)
    check(point, "another run sends nothing", said.code == 0 and sent_to(rig) == before, said)


def run_point(rig, number, kind, after, chance):
    workers = 1 if number % 4 else 4
    arguments = (*(KEEP if number % 2 else DELETE), "--max-workers", str(workers))
    point = f"{kind} {after} {' '.join(arguments)}"
    try:
        afresh(rig)
        kills = int(kill_once(rig, point, kind, after, arguments))
        if kills and chance is not None and chance.random() < 0.4:
            again = chance.choice(KINDS), chance.randrange(12)
            point += f", then {again[0]} {again[1]}"
            kills += int(kill_once(rig, point, *again, arguments))
        rig.store.ask("clear")
        in_the_end(rig, point, arguments, kills, workers)
        check(point, "no secret is told", not rig.told(), rig.told())
    except Exception:  # noqa: BLE001 - whatever it was, it is shown
        check(point, "it runs to its end", False, traceback.format_exc()[-500:])


def points_of(rig):
    """All requests of a run that nobody disturbs, each with every kind of kill that it can have."""
    found = []
    for arguments in (KEEP, DELETE):
        afresh(rig)
        said = rig.sync(*arguments, "--max-workers", "1")
        check("undisturbed", "it is done", said.code == 0, said)
        log = rig.store.ask("log")
        bodies = sum(entry["verb"] in ("put", "part") for entry in log)
        found.append([(kind, after) for kind in KINDS for after in range(bodies if kind == "kill_body" else len(log))])
    return found


def plan(rig, kills, seed):
    """(number, kind, after, chance) of each run; odd numbers keep, even ones delete."""
    keep, delete = points_of(rig)
    dice, runs = random.Random(seed), []
    for index in range(max(len(keep), len(delete))):
        runs += [(2 * index, *delete[index % len(delete)], None), (2 * index + 1, *keep[index % len(keep)], None)]
    every = keep + delete
    while len(runs) < kills:
        kind, after = dice.choice(every)
        runs.append((len(runs), kind, after, random.Random(f"{seed} {len(runs)}")))
    return runs if kills >= len(runs) else dice.sample(runs, kills)


def main():
    work, kills, seed = Path(sys.argv[1]).resolve(), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "1"
    with tempfile.TemporaryDirectory(dir=work) as folder:
        template = Template(Path(folder) / "template", SIZES)
        rigs = [Rig(Path(folder) / f"rig{number}", template) for number in range(JOBS)]
        runs = plan(rigs[0], kills, seed)
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            for job in [pool.submit(lambda rig, share: [run_point(rig, *run) for run in share], rigs[i], runs[i::JOBS]) for i in range(JOBS)]:
                job.result()
        for rig in rigs:
            rig.close()
    print(f"{results['killed']} killed, {results['missed']} ended before; rework {results['rework'] / max(1, results['killed']) / 1e6:.2f} MB a kill, "
          f"{results['most'] / 1e6:.2f} MB at most")
    check("all of it", "it was killed more often than not", results["killed"] > results["missed"], results)
    print(f"{results['passed']} passed, {results['failed']} failed")
    return 1 if results["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
