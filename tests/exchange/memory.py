"""memory.py FOLDER: one recorder on five venues of five rules, ten symbols each, over TLS, the market driven step by step. What it holds
of memory is within the plan that it prints, and as much later as when every book stood: nothing is allocated behind the seal."""
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "oracle"))
import deck  # noqa: E402
from claims import claim, guarded, note  # noqa: E402
from matrix import Matrix, known, spoken  # noqa: E402

VENUES, SYMBOLS, MESSAGES = ("binance", "okx", "hitbtc", "bitfinex", "kraken"), 10, 40
BESIDE_MB = 8  # what no plan counts: libraries, stacks, the tables of the C library


def plan_mb(config):
    done = subprocess.run([deck.TAPEDECK, "config", "--effective", "--config", config], capture_output=True, text=True)
    found = re.search(r";\s+sum\s+([0-9.]+) MiB", done.stdout)
    return float(found.group(1)) if found else 0


def held(process):
    """Of the process, MB: in memory, less what is the program's own file; address space."""
    text = (Path("/proc") / str(process.pid) / "status").read_text()
    mb = {name: int(kb) / 1024 for name, kb in re.findall(r"(\w+):\s+(\d+) kB", text)}
    return mb["RssAnon"] + mb["RssShmem"], mb["VmSize"]


def memory():
    test = Matrix(Path(sys.argv[1]).resolve(), list(VENUES), spoken(), known(), symbols=SYMBOLS)
    try:
        test.settle("at the start")
        test.advance(MESSAGES)
        test.sync()
        process, plan = test.recorder.process, plan_mb(test.recorder.config)
        first, space = held(process)
        for _ in range(3):
            test.advance(MESSAGES)
        test.sync()
        last, space_then = held(process)
        page = deck.wait_for("the recorder speaks", test.books, 10)
        told = sum(c[kind] for v in test.sent()["venues"].values() for c in v["symbols"].values() for kind in ("book", "trade", "ticker"))
        claim(f"{len(test.pairs)} symbols of {len(VENUES)} venues", len(page["books"]) == len(test.pairs) == 50, len(page["books"]))
        claim("all of the memory is within the printed plan", 0 < last <= plan + BESIDE_MB, f"{last:.1f} MB of {plan:.1f}")
        claim("the address space is what it was", space_then == space, f"{space:.1f} MB, then {space_then:.1f}")
        claim("nothing is allocated behind the seal", page["allocations"] == 0, page["allocations"])
        note(f"plan {plan:.1f} MB; held {first:.1f} MB, then {last:.1f} MB; {told} messages told")
        code = test.recorder.stop()
        claim("the recorder ends with code 0", code == 0, f"{code} {test.recorder.log()[-400:]}")
    finally:
        test.exchange.stop()


if __name__ == "__main__":
    guarded(memory)
