"""The appliance in a virtual machine: the firmware is played here, each boot is one qemu that ends at a reset."""
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "oracle"))

import overlay  # noqa: E402
from card import SLOT_A, Firmware  # noqa: E402
from deck import RUNNING, Late, wait_for  # noqa: E402

QEMU = "qemu-system-aarch64"
BOOT_S = 90  # so long a boot may take on a busy machine before it counts as hung


def file_node(name, path):
    return {"driver": "raw", "node-name": name, "file": {"driver": "file", "filename": str(path), "cache": {"no-flush": True}}}


class Box:
    """One appliance. boot() starts it as its card says; what it says on its console is in self.console."""

    def __init__(self, card, folder, files=None, words="", cores=1):
        self.card, self.folder = card, Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.files = files or {}  # over those of the initramfs
        self.words = words        # behind the kernel's command line
        self.cores = cores
        self.boots = 0
        self.process = self.qmp = None
        self.log = self.folder / "console"
        self.log.write_bytes(b"")
        self.begin = 0  # of this boot in the console
        self.events = []

    # --- the disk below it ---
    def disk_nodes(self, blocklog, faulty, bad_sectors):
        """Nodes of the disk; `top` is what the guest has. Nothing is flushed to the host's own disk: it is not the one that fails."""
        nodes = [file_node("plain", self.card.path)]
        if blocklog:
            nodes.append(file_node("log", blocklog))
            nodes.append({"driver": "blklogwrites", "node-name": "top", "file": "plain", "log": "log", "log-sector-size": 512})
        elif bad_sectors:
            rules = [{"event": "none", "iotype": "write", "errno": 5, "sector": sector} for sector in bad_sectors]
            nodes.append({"driver": "blkdebug", "node-name": "top", "image": "plain", "inject-error": rules})
        elif faulty:
            nodes.append({"driver": "raw", "node-name": "top", "file": "plain"})
        else:
            nodes[0]["node-name"] = "top"
        return nodes

    def fail_writes(self, fails):
        """All writes below a disk that was booted as faulty, or none from now on."""
        if fails:
            self.ask("blockdev-add", driver="blkdebug", **{"node-name": "broken", "image": "plain",
                     "inject-error": [{"event": "none", "iotype": "write", "errno": 5}]})
        self.ask("blockdev-reopen", options=[{"driver": "raw", "node-name": "top", "file": "broken" if fails else "plain"}])
        if not fails:
            self.ask("blockdev-del", **{"node-name": "broken"})

    def command(self, firmware, rtc, nodes):
        words = " ".join(word for word in firmware.cmdline.split() if not word.startswith(("console=", "earlycon")))
        if "tapedeck.slot=" not in words:  # a Pi's firmware says it in the device tree
            words += f" tapedeck.slot={'AB'[firmware.slot - SLOT_A]}"
        made = [QEMU, "-M", "virt", "-cpu", "cortex-a72", "-smp", str(self.cores), "-m", "1024", "-display", "none", "-nodefaults",
                "-no-reboot", "-serial", f"file:{self.folder / 'serial'}", "-kernel", str(firmware.kernel), "-initrd", str(firmware.initrd),
                "-append", f"{words} console=ttyAMA0 {self.words}".strip(), "-rtc", f"base={rtc}",
                "-qmp", f"unix:{self.socket_path},server=on,wait=off",
                "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
                "-device", "virtio-rng-pci,romfile=", "-device", "i6300esb", "-action", "watchdog=reset"]
        for node in nodes:
            made += ["-blockdev", json.dumps(node)]
        return made + ["-device", "virtio-blk-pci,drive=top,romfile=,werror=report,rerror=report"]

    # --- on and off ---
    def boot(self, rtc="utc", blocklog=None, faulty=False, bad_sectors=()):
        """Reads autoboot.txt and starts that slot."""
        self.collect()
        self.boots += 1
        firmware = Firmware(self.card, self.folder / "boot")
        self.slot = firmware.slot
        if self.files:
            overlay.append(firmware.initrd, self.files)
        self.socket_path = Path("/tmp") / f"tapedeck-box-{os.getpid()}-{id(self)}"
        (self.folder / "serial").write_bytes(b"")
        command = self.command(firmware, rtc, self.disk_nodes(blocklog, faulty, bad_sectors))
        (self.folder / "command").write_text(shlex.join(command) + "\n")
        self.started = time.monotonic()
        with open(self.folder / "qemu.log", "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        RUNNING.append(self.process)
        self.connect()
        return self

    def connect(self):
        self.qmp = socket.socket(socket.AF_UNIX)
        wait_for("qemu is up", lambda: self.answers() or self.process.poll() is not None, 20)
        if self.process.poll() is not None:
            raise Late("qemu did not start: " + (self.folder / "qemu.log").read_text()[-400:])
        self.qmp_text = b""
        self.events = []
        self.ask("qmp_capabilities")

    def answers(self):
        """The socket's file is there a moment before somebody listens."""
        try:
            self.qmp.connect(str(self.socket_path))
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def ask(self, command, **arguments):
        """One command over QMP; its answer. Events that come between are kept."""
        self.qmp.settimeout(20)
        self.qmp.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            said = self.next_said()
            if said is None:
                raise Late(f"qemu ended at {command}")
            if "return" in said or "error" in said:
                if "error" in said:
                    raise ValueError(f"{command}: {said['error']}")
                return said["return"]

    def next_said(self):
        while b"\n" not in self.qmp_text:
            try:
                more = self.qmp.recv(65536)
            except (TimeoutError, BlockingIOError, ConnectionError):
                return None
            if not more:
                return None
            self.qmp_text += more
        line, self.qmp_text = self.qmp_text.split(b"\n", 1)
        said = json.loads(line)
        if "event" in said:
            self.events.append(said)
        return said

    def look_events(self):
        """Names of what qemu reported so far, with the reasons of a shutdown."""
        if self.qmp:
            self.qmp.setblocking(False)
            while self.next_said() is not None:
                pass
        return [event["event"] + ":" + str(event.get("data", {}).get("reason", "")) for event in self.events]

    def look_events_of(self, kind):
        return [event for event in self.look_events() if event.startswith(kind)]

    def is_on(self):
        return self.process is not None and self.process.poll() is None

    def cut(self):
        """The power goes."""
        if self.is_on():
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        self.collect()

    def wait_reset(self, what, seconds=BOOT_S):
        """It resets itself; qemu ends at that."""
        wait_for(f"{what}: it resets\n{self.tail()}", lambda: not self.is_on(), seconds)
        events = self.look_events()
        self.collect()
        return events

    def collect(self):
        """The console of all boots in one file."""
        if self.qmp:
            self.qmp.close()
            self.qmp = None
            self.socket_path.unlink(missing_ok=True)
        serial = self.folder / "serial"
        if serial.exists() and self.process is not None:
            with open(self.log, "ab") as log:
                log.write(b"\n=== boot %d\n" % self.boots + serial.read_bytes())
            self.process = None

    # --- what it says ---
    def said(self):
        """The console of this boot; after its end, of all."""
        return ((self.folder / "serial") if self.process else self.log).read_text(errors="replace")

    def tail(self):
        return self.said()[-1500:]

    def wait_says(self, pattern, seconds=BOOT_S, what=None, after=0):
        """The match in this boot's console."""
        compiled = re.compile(pattern, re.M)

        def seen():
            match = compiled.search(self.said(), after)
            if not match and not self.is_on():
                raise Late(f"{what or pattern}: the box is off\n{self.tail()}")
            return match
        try:
            return wait_for(f"the console says {what or pattern}", seen, seconds)
        except Late as late:
            raise Late(f"{late}\n{self.tail()}") from None
