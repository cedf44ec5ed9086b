"""A card of the appliance as a file: its partitions, what stands on its FATs, and what the firmware would start from it."""
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

SECTOR = 512
CONFIG, SLOT_A, SLOT_B, DATA = 1, 2, 3, 4
OUT = Path(os.environ.get("TAPEDECK_OUT", "out")).resolve()
os.environ["PATH"] += ":/usr/sbin:/sbin"
os.environ["MTOOLS_SKIP_CHECK"] = "1"


def finished_image():
    """The image that `make image` left, unpacked beside itself once; None when there is none."""
    packed = sorted((OUT / "image").glob("*.img.zst"), key=lambda path: path.stat().st_mtime)
    packed = [path for path in packed if "debug" not in path.name]
    if not packed:
        return None
    plain = OUT / "appliance" / packed[-1].name.removesuffix(".zst")
    if not plain.exists() or plain.stat().st_mtime < packed[-1].stat().st_mtime:
        plain.parent.mkdir(parents=True, exist_ok=True)
        beside = plain.with_suffix(f".{os.getpid()}")
        subprocess.run(["zstd", "-dqf", "--sparse", packed[-1], "-o", beside], check=True)
        os.utime(beside)
        beside.rename(plain)
    return plain


def copy_sparse(source, target):
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


class Card:
    """`size`: of the card that the image is written to; larger than the image, as a real one is."""

    def __init__(self, image, path, size=1 << 30):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        copy_sparse(image, self.path)
        if size:
            os.truncate(self.path, max(size, self.path.stat().st_size))

    def copy(self, path):
        return Card(self.path, path, size=0)

    def part(self, number):
        """First byte and length of a partition."""
        with open(self.path, "rb") as file:
            table = file.read(SECTOR)
        entry = table[446 + 16 * (number - 1):][:16]
        return int.from_bytes(entry[8:12], "little") * SECTOR, int.from_bytes(entry[12:16], "little") * SECTOR

    def fat(self, number):
        return f"{self.path}@@{self.part(number)[0]}"

    def take_part(self, number, path):
        """A partition as a file of its own, holes stay holes."""
        start, length = self.part(number)
        with open(self.path, "rb") as source, open(path, "wb") as to:
            at, end = start, start + length
            while at < end:
                try:
                    at = os.lseek(source.fileno(), at, os.SEEK_DATA)
                except OSError:
                    break  # no data behind
                hole = min(os.lseek(source.fileno(), at, os.SEEK_HOLE), end)
                source.seek(at)
                to.seek(at - start)
                while at < hole:
                    to.write(source.read(min(hole - at, 1 << 20)))
                    at = min(at + (1 << 20), hole)
            to.truncate(length)
        return path

    def slot_hash(self, number):
        """Of a slot's first megabyte and of where it holds data: it changes as soon as it is written."""
        start, length = self.part(number)
        with open(self.path, "rb") as file:
            file.seek(start)
            head = hashlib.sha256()
            for _ in range(0, length, 4 << 20):
                head.update(file.read(4096))
                file.seek((4 << 20) - 4096, os.SEEK_CUR)
            return head.hexdigest()

    def put_part(self, number, path):
        """The other way."""
        start, length = self.part(number)
        if os.path.getsize(path) > length:
            raise ValueError(f"{path} is larger than partition {number}")
        with open(self.path, "r+b") as to, open(path, "rb") as source:
            to.seek(start)
            shutil.copyfileobj(source, to, 1 << 20)

    def put(self, name, content, number=CONFIG):
        if isinstance(content, str):
            content = content.encode()
        subprocess.run(["mcopy", "-o", "-i", self.fat(number), "-", f"::{name}"], input=content, check=True)

    def put_file(self, name, source, number=CONFIG):
        subprocess.run(["mcopy", "-o", "-i", self.fat(number), source, f"::{name}"], check=True)

    def get(self, name, number=CONFIG):
        """Its bytes, None when there is no such file."""
        got = subprocess.run(["mcopy", "-n", "-i", self.fat(number), f"::{name}", "-"], capture_output=True)
        return got.stdout if got.returncode == 0 else None

    def text(self, name, number=CONFIG):
        content = self.get(name, number)
        return "" if content is None else content.decode(errors="replace")

    def status(self):
        return self.text("STATUS.txt")

    def names(self, number=CONFIG):
        listed = subprocess.run(["mdir", "-b", "-i", self.fat(number), "::"], capture_output=True, text=True)
        return [line.rsplit("/", 1)[-1] for line in listed.stdout.split()]


class Firmware:
    """What the Pi's firmware does before a kernel runs: autoboot.txt names the slot, its config.txt the files."""

    def __init__(self, card, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        chosen = re.search(r"^\s*boot_partition=(\d+)", card.text("autoboot.txt"), re.M)
        self.slot = int(chosen.group(1)) if chosen else SLOT_A
        config = self.read_config(card.text("config.txt", self.slot))
        initrd = config.get("initramfs", "initrd.img followkernel").split()[0]
        self.kernel = self.take(card, config.get("kernel", "kernel8.img"))
        self.initrd = self.take(card, initrd)
        self.cmdline = card.text(config.get("cmdline", "cmdline.txt"), self.slot).strip()

    def read_config(self, text):
        """Keys in force: sections are [all], or of the partition that is booted."""
        found, on = {}, True
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            section = re.fullmatch(r"\[(.*)\]", line)
            if section:
                on = section.group(1) in ("all", "pi4", f"boot_partition={self.slot}")
            elif on and line:
                key, _, value = line.partition("=") if "=" in line else line.partition(" ")
                found[key.strip()] = value.strip()
        return found

    def take(self, card, name):
        content = card.get(name, self.slot)
        if not content:
            raise ValueError(f"slot {self.slot} has no {name}")
        path = self.folder / name
        path.write_bytes(content)
        return path
