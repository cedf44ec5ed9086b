"""Part of tools/bench: what each venue's parser takes of a message and of a byte, beside Coinbase's. Recorded traffic where there is some
(tests/captures/venues says which files), else the sample made by hand. Messages that give no event are left out."""
import importlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READINGS = ROOT / "tests" / "captures" / "venues"
NOTHING_HOT = 77  # exit code of venue_bench: neither a change nor a trade nor a ticker in it
GOAL = 1.5  # times Coinbase's ns a byte


def readings(scratch):
    """venue -> paths of its recordings in the form that is read, the longest first."""
    sys.path[:0] = [str(READINGS)]
    import common
    found = {}
    if not os.path.isdir(common.captures()):
        return found
    for name in common.readings():
        module = importlib.import_module(name)
        folder = scratch / name
        folder.mkdir(exist_ok=True)
        files = [file for file in common.files(module, str(folder)) if ".ws." in os.path.basename(file)]
        found[module.VENUE] = found.get(module.VENUE, []) + files
    for files in found.values():
        files.sort(key=os.path.getsize, reverse=True)
    return found


def measure(bench, scratch, venues, run, collect, value_of, put, instructions):
    """Prints the table; figures venue.NAME.time, .byte, .ratio, .instructions. `instructions(command)` counts those of one run, or None."""
    recorded = readings(scratch)
    print(f"  {'venue':18}{'bytes':>7}{'ns':>9}{'instr.':>9}{'a byte':>8}{'ns/byte':>9}{'x coinbase':>12}  traffic")
    for name in venues:
        sample = ROOT / "tests" / "samples" / name / "hand_made.capture"
        path = None
        for path in [*recorded.get(name, []), *([sample] if sample.exists() else [])]:
            collect(run([bench, name, path], ok=(0, NOTHING_HOT)).stdout)
            if value_of(f"venue.{name}.time") is not None:
                break
        if value_of(f"venue.{name}.time") is None:
            print(f"  {name:18} {'no traffic' if path is None else 'nothing but whole books'}")
            continue
        if instructions:
            put(f"venue.{name}.instructions", instructions([bench, name, path, 1]) / value_of(f"venue.{name}.messages"),
                "instructions/msg")
        put(f"venue.{name}.ratio", value_of(f"venue.{name}.byte") / value_of("venue.coinbase.byte"), "x coinbase")
        size, time = value_of(f"venue.{name}.bytes"), value_of(f"venue.{name}.time")
        counted, inflating = value_of(f"venue.{name}.instructions") or float("nan"), value_of(f"venue.{name}.inflating")
        print(f"  {name:18}{size:7.0f}{time:9.1f}{counted:9.0f}{counted / size:8.1f}{value_of(f'venue.{name}.byte'):9.2f}"
              f"{value_of(f'venue.{name}.ratio'):12.2f}  {'recorded' if path != sample else 'sample'}"
              + (f", {inflating / time:.0%} of it inflating" if inflating else ""))
