#!/usr/bin/env python3
"""cuts.py LOG DISK CHECK COUNT SEED [lie]: cuts the power at COUNT random places of a block log (dm-log-writes, as qemu's blklogwrites
writes it): all up to the last flush is on the disk, of what came after it a random half. Each disk is repaired by e2fsck, read by
debugfs and judged by CHECK. With `lie` the disk has forgotten its last flushes, and the check must find it. Ends on `N passed, N failed`."""
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

SECTOR = 512
FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
FS_BYTES = 192 << 20
PROMISE_MAGIC = 0x31454E4F44524F57
FLUSHES_FORGOTTEN = 12


def read_log(path):
    """Entries as (offset, bytes, place of the data in the log, flags)."""
    with open(path, "rb") as log:
        magic, _, count, sector = struct.unpack("<QQQI", log.read(28))
        if magic != 0x6A736677736872:
            sys.exit(f"{path}: not a block log")
        at, entries = sector, []
        for _ in range(count):
            log.seek(at)
            where, sectors, flags, _ = struct.unpack("<QQQQ", log.read(32))
            has_data = sectors and not flags & DISCARD
            entries.append((where * sector, sectors * sector, at + sector if has_data else None, flags))
            at += sector + (sectors * sector if has_data else 0)
    return entries


class Cutter:
    def __init__(self, log_path, disk, check, seed, lies):
        self.entries = read_log(log_path)
        self.log = open(log_path, "rb")
        self.check = check
        self.lies = lies
        self.random = random.Random(seed)
        self.folder = tempfile.mkdtemp(prefix="tapedeck-vm-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.base = os.path.join(self.folder, "base")   # all up to the last flush before the cuts that come
        self.done = 0
        copy_sparse(disk, self.base)
        with open(disk, "rb") as f:
            f.seek(0, 2)
            self.bytes = f.tell()

    def data(self, entry):
        self.log.seek(entry[2])
        return self.log.read(entry[1])

    def put(self, image, entry):
        if entry[2] is not None:
            image.seek(entry[0])
            image.write(self.data(entry))

    def promised(self, cut):
        for entry in reversed(self.entries[:cut]):
            if entry[0] == FS_BYTES and entry[2] is not None:
                magic, frame = struct.unpack("<QQ", self.data(entry)[:16])
                if magic == PROMISE_MAGIC:
                    return frame
        return 0

    def disk_at(self, cut, path):
        flushes = [0] + [i for i in range(cut) if self.entries[i][3] & FLUSH]
        last_flush = flushes[max(-len(flushes), -1 - (FLUSHES_FORGOTTEN if self.lies else 0))]
        with open(self.base, "r+b") as image:
            for entry in self.entries[self.done:last_flush]:
                self.put(image, entry)
        self.done = max(self.done, last_flush)
        copy_sparse(self.base, path)
        with open(path, "r+b") as image:
            for entry in self.entries[last_flush:cut]:
                if (entry[3] & FUA and not self.lies) or self.random.random() < 0.5:
                    self.put(image, entry)
            image.truncate(FS_BYTES)

    def judge(self, cut):
        disk, out = os.path.join(self.folder, "cut"), os.path.join(self.folder, "out")
        self.disk_at(cut, disk)
        fixed = subprocess.run(["e2fsck", "-fy", disk], capture_output=True, text=True)
        if fixed.returncode > 1:
            return f"e2fsck: {fixed.returncode} {fixed.stdout[-300:]}"
        shutil.rmtree(out, ignore_errors=True)
        os.mkdir(out)
        subprocess.run(["debugfs", "-R", f"rdump /data {out}", disk], capture_output=True)
        promised = self.promised(cut)
        if not os.path.isdir(os.path.join(out, "data")):
            return None if promised == 0 else f"{promised} promised, and there is no folder"
        judged = subprocess.run([self.check, str(promised)], cwd=out, capture_output=True, text=True, timeout=120)
        return None if judged.returncode == 0 else f"{promised} promised: {judged.stdout[-600:]} {judged.stderr[-300:]}"

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def copy_sparse(source, target):
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


def main():
    log, disk, check, count, seed = sys.argv[1], sys.argv[2], os.path.abspath(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
    lies = sys.argv[6:] == ["lie"]
    cutter = Cutter(log, disk, check, seed, lies)
    places = sorted(cutter.random.randrange(1, len(cutter.entries)) for _ in range(count))
    passed = failed = 0
    for cut in places:
        why = cutter.judge(cut)
        passed += why is None
        failed += why is not None
        if why is not None and not lies:
            print(f"cut {cut} of {len(cutter.entries)}, seed {seed}: {why}", flush=True)
        if sys.stdout.isatty():
            print(f"\r{passed + failed} of {count} cuts, {failed} failed", end="", flush=True)
    cutter.close()
    if lies:
        print(f"plant (the disk forgets its last flushes): {failed} of {count} cuts found it")
        passed, failed = int(failed > 0), int(failed == 0)
    print(f"{len(cutter.entries)} blocks logged, promised at the end: {cutter.promised(len(cutter.entries))}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


main()
