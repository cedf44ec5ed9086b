"""Instructions of the static aarch64 programs, counted by a machine whose clock is the instruction: qemu's Cortex-A72 under
`-icount shift=0,sleep=off`, where a nanosecond of CPU time is one instruction. Run by tools/bench; alone:

    make aarch64 && tools/bench_guest.py [--twice]     figures as tools/bench collects them; --twice: and how far two runs differ

The machine's first process is tests/bench/guest/init.c; the kernel is the appliance's (vendor/linux).
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = Path(os.environ.get("TAPEDECK_OUT", ROOT / "out"))
BENCH = OUT / "aarch64" / "bench"
QEMU = "qemu-system-aarch64"
MESSAGES = (8000, 24000)  # what lies between the two is counted: start, the first images of the books and the seal are in both
LIMIT_S = 240
CIPHERS = ("chacha", "aes_software", "aes")
# The figures of each stage; `cpu` is of all threads, the kernel's work for them included.
STAGES = {"scan": ("scan.reference.time",), "book": ("book.reference.time",), "journal": ("journal.reference.time",),
          "features": ("features.reference.time", "features_segment.reference.time"), "whole": ("whole.reference.cpu",)}
# Instructions a cycle of a Cortex-A72 that are assumed, not measured: poor, usual and good for code like this.
IPC = (0.6, 1.0, 1.4)
PI_HZ = 1.5e9  # the Pi 4's clock without overclocking; later boards have 1.8 GHz
MESSAGE_BYTES = 240  # of the reference feed
BASES = 10  # images of books in it


class Absent(Exception):
    """Why nothing can be counted here."""


def kernel():
    """The appliance's kernel, fetched when it is not there."""
    done = subprocess.run([ROOT / "vendor/fetch", "linux"], capture_output=True, text=True)
    if done.returncode != 0:
        raise Absent("no kernel: " + done.stderr.strip().splitlines()[-1])
    found = subprocess.run(["bash", "-c", 'source "$0"; ls "$(source_dir linux)"/boot/vmlinuz-*', ROOT / "vendor/lib.sh"],
                           capture_output=True, text=True)
    if not found.stdout.strip():
        raise Absent("no kernel in the cache")
    return found.stdout.split()[0]


def initrd(folder, commands):
    """The programs, the commands and the first process, packed."""
    root = folder / "root"
    (root / "dev").mkdir(parents=True)
    for name in ("proc", "sys", "tmp"):
        (root / name).mkdir()
    shutil.copy(BENCH / "guest/init", root / "init")
    for program in {command.split()[0] for command in commands}:
        shutil.copy(BENCH / Path(program).name, root / Path(program).name)
    (root / "commands").write_text("".join(f"BENCH_ROUNDS=1 {command}\n" for command in commands))
    names = "\n".join(str(path.relative_to(root)) for path in sorted(root.rglob("*"))) + "\n"
    packed = subprocess.run(["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], input=names.encode(), cwd=root, capture_output=True, check=True)
    path = folder / "initrd"
    path.write_bytes(packed.stdout)
    return path


def boot(commands):
    """What the commands print, as one text. Every command must end well."""
    with tempfile.TemporaryDirectory() as name:
        image = initrd(Path(name), commands)
        # One CPU, a fixed seed, no clock but its own: two runs count the same.
        done = subprocess.run(
            [QEMU, "-M", "virt", "-cpu", "cortex-a72", "-smp", "1", "-m", "1024", "-display", "none", "-nodefaults", "-no-reboot", "-serial", "stdio",
             "-icount", "shift=0,sleep=off", "-seed", "1", "-rtc", "base=2026-01-01T00:00:00,clock=vm", "-kernel", kernel(), "-initrd", image,
             "-append", "console=ttyAMA0 quiet panic=-1 nokaslr norandmaps"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S)
    said = done.stdout.decode(errors="replace").replace("\r", "")
    ended = re.findall(r"^guest: end (\d+) (\d+)$", said, re.M)
    bad = [commands[int(number)] for number, status in ended if status != "0"]
    if bad or len(ended) != len(commands):
        raise RuntimeError(f"the machine did not run {bad or 'all'}:\n{said[-2000:]}{done.stderr.decode(errors='replace')[-500:]}")
    return said


def figures_of(said, wanted):
    lines = (line.split("\t") for line in said.splitlines())
    return {line[1]: float(line[2]) for line in lines if line[0] == "figure" and len(line) == 4 and line[1] in wanted}


def parts(said):
    """What each command printed."""
    return re.findall(r"^guest: begin \d+\n(.*?)^guest: end", said, re.M | re.S)


def count():
    """Instructions by name, and the cipher that each kind of CPU agreed on."""
    if shutil.which(QEMU) is None or shutil.which("cpio") is None:
        raise Absent(f"no {QEMU} or cpio (toolchain/deps appliance)")
    if not (BENCH / "guest/init").exists():
        raise Absent(f"{BENCH} is not built")
    commands = [f"/stage {stage} reference {messages} /tmp/{stage}{messages}" for stage in STAGES for messages in MESSAGES]
    said = parts(boot(commands + [f"/tls {cipher}" for cipher in CIPHERS]))
    figures, few, many = {}, *MESSAGES
    for number, wanted in enumerate(STAGES.values()):
        small, large = figures_of(said[2 * number], wanted), figures_of(said[2 * number + 1], wanted)
        for name in wanted:
            more = BASES if name.startswith("journal") else 0  # counted as messages there
            figures["aarch64." + name] = ((large[name] * (many + more) - small[name] * (few + more)) / (many - few), "instructions/msg")
    suites = {}
    for cipher, text in zip(CIPHERS, said[2 * len(STAGES):]):
        suites[cipher] = re.search(r"^tls\t\w+\t(\S+)$", text, re.M).group(1)
        wanted = {f"tls.{cipher}.{what}": unit for what, unit in (("large", "B"), ("small", "B"), ("handshake", ""))}
        for name, value in figures_of(text, wanted).items():
            figures["aarch64." + name] = (value, ("instructions/" + wanted[name]).rstrip("/"))
        if ("CHACHA20" in suites[cipher]) != (cipher == "chacha"):
            raise RuntimeError(f"{cipher}: the CPU's kind led to {suites[cipher]}")
    return figures, suites


def whole_of(figures):
    """A message through all threads, kernel included."""
    return figures["aarch64.whole.reference.cpu"][0]


def budget(figures):
    """Lines: what a core of a Pi 4 could do, and what that leaves out."""
    message = whole_of(figures)
    lines = []
    for cipher in ("chacha", "aes_software"):
        tls = figures[f"aarch64.tls.{cipher}.small"][0] * MESSAGE_BYTES
        rates = "   ".join(f"{PI_HZ * ipc / (message + tls):9,.0f} at {ipc:.1f}" for ipc in IPC)
        lines.append(f"{cipher:13} {message:7,.0f} + {tls:7,.0f} of TLS = {message + tls:7,.0f} a message: messages/s of one core by instructions a cycle {rates}")
    return lines


def show(figures, suites):
    """The table, for people."""
    for stage, key in (("scan", "scan.reference.time"), ("book", "book.reference.time"), ("journal", "journal.reference.time"),
                       ("core, all features", "features.reference.time"), ("Parquet", "features_segment.reference.time"),
                       ("the whole, all threads", "whole.reference.cpu")):
        print(f"  {stage:24}{figures['aarch64.' + key][0]:10,.0f} a message")
    for cipher in CIPHERS:
        print(f"  TLS {cipher:20}{figures[f'aarch64.tls.{cipher}.large'][0]:10.1f} a byte of 16,000   "
              f"{figures[f'aarch64.tls.{cipher}.small'][0]:6.1f} a byte of 256   {figures[f'aarch64.tls.{cipher}.handshake'][0] / 1e6:6.1f} M a handshake   "
              f"{suites.get(cipher, '')}")
    print(f"  a Pi 4 core at {PI_HZ / 1e9:.1f} GHz, cycles not measured but assumed:")
    for line in budget(figures):
        print("    " + line)
    print("    Not in it: caches and memory (books beyond 1 MB of L2 wait for DRAM), branch mispredictions, the card, network interrupts, heat.")


def main():
    try:
        figures, suites = count()
        again, _ = count() if "--twice" in sys.argv else (None, None)
    except Absent as why:
        print(f"skipped: {why}")
        return 0
    for name, (value, unit) in figures.items():
        print(f"figure\t{name}\t{value:.6g}\t{unit}")
    show(figures, suites)
    if again:
        apart = {name: abs(again[name][0] / value - 1) for name, (value, _) in figures.items() if "handshake" not in name}
        worst = max(apart, key=apart.get)
        print(f"  two runs differ by {apart[worst] * 100:.4f} % at most ({worst})")
        return int(apart[worst] > 0.001)
    return 0


if __name__ == "__main__":
    sys.exit(main())
