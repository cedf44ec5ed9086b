"""Part of tools/bench: what each venue's parser takes of a message and of a byte, beside Coinbase's. Recorded traffic where there is some
(tests/captures/venues says which files), else the sample made by hand."""
import importlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
READINGS = ROOT / "tests" / "captures" / "venues"
NO_RECORDING = 77  # exit code of venue_bench: nothing but snapshots in it
GOAL = 1.5  # times Coinbase's ns a byte


def readings(scratch):
    """venue -> path of its longest recording, in the form that is read."""
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
        longest = max(files, key=os.path.getsize, default=None)
        if longest and (module.VENUE not in found or os.path.getsize(longest) > os.path.getsize(found[module.VENUE])):
            found[module.VENUE] = longest
    return found


def measure(bench, scratch, venues, run, collect, value_of, put, instructions):
    """Prints the table; figures venue.NAME.time, .byte, .ratio, .instructions. `instructions(command)` counts those of one run, or None."""
    recorded = readings(scratch)
    print(f"  {'venue':18}{'bytes':>7}{'ns':>9}{'instr.':>9}{'ns/byte':>9}{'x coinbase':>12}  traffic")
    for name in venues:
        sample = ROOT / "tests" / "samples" / name / "hand_made.capture"
        path = recorded.get(name, sample)
        if not os.path.exists(path):
            print(f"  {name:18} no traffic")
            continue
        collect(run([bench, name, path], ok=(0, NO_RECORDING)).stdout)
        if value_of(f"venue.{name}.time") is None and path != sample and sample.exists():
            path = sample
            collect(run([bench, name, path], ok=(0, NO_RECORDING)).stdout)
        if value_of(f"venue.{name}.time") is None:
            print(f"  {name:18} nothing but whole books")
            continue
        if instructions:
            put(f"venue.{name}.instructions", instructions([bench, name, path, 1]) / value_of(f"venue.{name}.messages"),
                "instructions/msg")
        put(f"venue.{name}.ratio", value_of(f"venue.{name}.byte") / value_of("venue.coinbase.byte"), "x coinbase")
        counted = value_of(f"venue.{name}.instructions")
        print(f"  {name:18}{value_of(f'venue.{name}.bytes'):7.0f}{value_of(f'venue.{name}.time'):9.1f}"
              f"{counted if counted is not None else float('nan'):9.0f}{value_of(f'venue.{name}.byte'):9.2f}"
              f"{value_of(f'venue.{name}.ratio'):12.2f}  {'recorded' if path != sample else 'sample'}")
