#!/usr/bin/env python3
"""cuts.py LOG DISK CHECK COUNT SEED [lie]: cuts the power at COUNT random places of a block log (dm-log-writes, as qemu's blklogwrites
writes it): all up to the last flush is on the disk, of what came after it a random half. Each disk is repaired by e2fsck, read by
debugfs and judged by CHECK. With `lie` the disk has forgotten its last flushes, and the check must find it. Ends on `N passed, N failed`."""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

from blocklog import Replay, repair, take_out

FS_BYTES = 192 << 20
PROMISE_MAGIC = 0x31454E4F44524F57
FLUSHES_FORGOTTEN = 12


class Cutter:
    def __init__(self, log_path, disk, check, seed, lies):
        self.folder = tempfile.mkdtemp(prefix="tapedeck-vm-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.replay = Replay(log_path, disk, self.folder, seed, FLUSHES_FORGOTTEN if lies else 0)
        self.entries = self.replay.entries
        self.check = check

    def promised(self, cut):
        for entry in reversed(self.entries[:cut]):
            if entry.offset == FS_BYTES and entry.data_at is not None:
                magic, frame = struct.unpack("<QQ", self.replay.data(entry)[:16])
                if magic == PROMISE_MAGIC:
                    return frame
        return 0

    def judge(self, cut):
        disk, out = os.path.join(self.folder, "cut"), os.path.join(self.folder, "out")
        self.replay.disk_at(cut, disk)
        os.truncate(disk, FS_BYTES)
        bad = repair(disk)
        if bad:
            return bad
        take_out(disk, "/data", out)
        promised = self.promised(cut)
        if not os.path.isdir(os.path.join(out, "data")):
            return None if promised == 0 else f"{promised} promised, and there is no folder"
        judged = subprocess.run([self.check, str(promised)], cwd=out, capture_output=True, text=True, timeout=120)
        return None if judged.returncode == 0 else f"{promised} promised: {judged.stdout[-600:]} {judged.stderr[-300:]}"

    def close(self):
        self.replay.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def main():
    log, disk, check, count, seed = sys.argv[1], sys.argv[2], os.path.abspath(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    lies = sys.argv[6:] == ["lie"]
    cutter = Cutter(log, disk, check, seed, lies)
    passed = failed = 0
    for cut in cutter.replay.places(count):
        why = cutter.judge(cut)
        passed += why is None
        failed += why is not None
        if why is not None and not lies:
            print(f"cut {cut} of {len(cutter.entries)}, seed {seed}: {why}", flush=True)
        if sys.stdout.isatty():
            print(f"\r{passed + failed} of {count} cuts, {failed} failed", end="", flush=True)
    said = f"{len(cutter.entries)} blocks logged, promised at the end: {cutter.promised(len(cutter.entries))}"
    cutter.close()
    if lies:
        print(f"plant (the disk forgets its last flushes): {failed} of {count} cuts found it")
        passed, failed = int(failed > 0), int(failed == 0)
    print(said)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
