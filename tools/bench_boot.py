"""Part of tools/bench: how long the card's image takes in a virtual machine from its power to the first row. An emulated processor: on a Pi the
kernel is several times as fast, and the firmware's seconds come on top."""
import os
import re
from pathlib import Path

PROOFS = Path(__file__).resolve().parent.parent / "tests/appliance/proofs.py"


def measure(python, out, scratch, run, put):
    """Prints the line; figures boot.init and boot.first_row, in seconds."""
    if not list((out / "image").glob("tapedeck-*-rpi4.img.zst")):
        print("  skipped: no image (make image)")
        return
    said = run([python, PROOFS, scratch / "boot", "first_row"], env=dict(os.environ, TAPEDECK_OUT=str(out.resolve()))).stdout
    times = re.search(r"first row ([\d.]+) s after .* init after ([\d.]+) s", said)
    if times is None:
        print("  not measured: " + (said.splitlines() or ["nothing said"])[-1])
        return
    put("boot.first_row", times.group(1), "s")
    put("boot.init", times.group(2), "s")
    print(f"  power to init {times.group(2)} s, to the first row {times.group(1)} s")
