"""A log of all blocks that reached a disk (dm-log-writes, as qemu's blklogwrites writes it), and the disks that power cuts leave of it."""
import os
import random
import shutil
import struct
import subprocess

FLUSH, FUA, DISCARD, MARK = 1, 2, 4, 8
MAGIC = 0x6A736677736872


class Entry:
    """One request: where on the disk, how much, where its bytes stand in the log (None: it has none), and where it ends there."""
    __slots__ = ("offset", "bytes", "data_at", "flags", "log_end")

    def __init__(self, offset, size, data_at, flags, log_end):
        self.offset, self.bytes, self.data_at, self.flags, self.log_end = offset, size, data_at, flags, log_end


def read_log(path):
    """Its entries in order, as far as whole ones stand there: the head's count may be behind when the writer was killed."""
    size = os.path.getsize(path)
    with open(path, "rb") as log:
        magic, _, _, sector = struct.unpack("<QQQI", log.read(28))
        if magic != MAGIC:
            raise ValueError(f"{path}: not a block log")
        at, entries = sector, []
        while at + sector <= size:
            log.seek(at)
            where, sectors, flags, _ = struct.unpack("<QQQQ", log.read(32))
            if sectors == 0 and flags == 0:
                break
            has_data = sectors and not flags & DISCARD
            end = at + sector + (sectors * sector if has_data else 0)
            entries.append(Entry(where * sector, sectors * sector, at + sector if has_data else None, flags, end))
            at = end
    return entries


def copy_sparse(source, target):
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


class Replay:
    """Disks as cuts leave them: all up to the last flush is there, of what came after it a random half. Cuts are asked for in rising
    order. `forgets`: so many last flushes were a lie."""

    def __init__(self, log_path, disk_before, folder, seed, forgets=0):
        self.entries = read_log(log_path)
        self.log = open(log_path, "rb")
        self.random = random.Random(seed)
        self.forgets = forgets
        self.base = os.path.join(folder, "base")  # all up to the last flush before the cuts that come
        self.done = 0
        copy_sparse(disk_before, self.base)

    def places(self, count, first=1):
        return sorted(self.random.randrange(first, len(self.entries)) for _ in range(count))

    def data(self, entry):
        self.log.seek(entry.data_at)
        return self.log.read(entry.bytes)

    def put(self, image, entry):
        if entry.data_at is not None:
            image.seek(entry.offset)
            image.write(self.data(entry))

    def disk_at(self, cut, path):
        flushes = [0] + [i for i in range(cut) if self.entries[i].flags & FLUSH]
        last_flush = flushes[max(-len(flushes), -1 - self.forgets)]
        with open(self.base, "r+b") as image:
            for entry in self.entries[self.done:last_flush]:
                self.put(image, entry)
        self.done = max(self.done, last_flush)
        copy_sparse(self.base, path)
        with open(path, "r+b") as image:
            for entry in self.entries[last_flush:cut]:
                if (entry.flags & FUA and not self.forgets) or self.random.random() < 0.5:
                    self.put(image, entry)

    def close(self):
        self.log.close()


def repair(disk):
    """e2fsck's repair; empty, or what it could not do. `disk` may name an offset: FILE?offset=BYTES."""
    fixed = subprocess.run(["e2fsck", "-fy", disk], capture_output=True, text=True)
    return "" if fixed.returncode <= 1 else f"e2fsck: {fixed.returncode} {fixed.stdout[-300:]}{fixed.stderr[-200:]}"


def take_out(disk, folder_there, out):
    """All files below a folder of an ext4, into a fresh folder."""
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    subprocess.run(["debugfs", "-R", f"rdump {folder_there} {out}", disk], capture_output=True)
