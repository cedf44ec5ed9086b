"""A deck of made segments, a store of fault_store.py, and `tape sync` between them; and what must hold at every moment: each segment is here, or
there with all its bytes and its receipt. For fault_cases.py and kill_each.py."""
import hashlib
import json
import os
import signal
import subprocess
from pathlib import Path

import segments
from fault_client import Store

OUT = Path(os.environ.get("TAPEDECK_OUT", "out")).resolve()
TAPE = Path(os.environ.get("TAPE", OUT / "host/tape"))
SECRET = "hush-hush/secret+key"
RUN_S = 240
BUCKET, PREFIX = "market-data", "attic"


class Template:
    """Segments with receipts, made once; decks are of links to them."""

    def __init__(self, folder, sizes):
        self.folder = folder
        self.keys = [segments.make(folder, number, size, date="2025-01-02") for number, size in enumerate(sizes, 1)]
        self.files = {}  # name below ready/ -> sha256
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.files[path.relative_to(folder / "ready").as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
        self.bytes = sum((folder / "ready" / name).stat().st_size for name in self.files)

    def link(self, data):
        for name in self.files:
            path = data / "ready" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            os.link(self.folder / "ready" / name, path)


def receipt_of(key):
    folder, _, name = key.rpartition("/")
    return f"{folder}/_{name.removesuffix('.parquet')}.json"


def mark_of(key):
    return receipt_of(key).removesuffix(".json") + ".done"


def short(key):
    return key.rpartition("/")[2]


class Said:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        try:
            self.report = json.loads(out.strip().splitlines()[-1])
        except (ValueError, IndexError):
            self.report = {}

    def __str__(self):
        return f"exit code {self.code}, {self.report.get('health')}: {(self.err or str(self.report))[-400:]}"


class Rig:
    def __init__(self, home, template, dialect="aws4", options=(), ini="", tls=False):
        self.home, self.template, self.dialect = home, template, dialect
        self.home.mkdir(parents=True)
        self.data = home / "data"
        template.link(self.data)
        options = ["--bucket", BUCKET, "--key", f"key:{SECRET}", *options]
        if dialect == "bearer":
            options += ["--account", home / "account.json"]
        if tls:
            options += ["--tls", home / "tls"]
        (home / "tape.ini").write_text(f"[sync]\n{ini}\n")
        self.store = Store(*options, tls=tls)
        self.said = []

    # ---- running it ------------------------------------------------------------------------------------------------------

    def keys(self):
        if self.dialect == "aws4":
            return {"S3_ENDPOINT": self.store.url, "S3_ACCESS_KEY": "key", "S3_SECRET_KEY": SECRET}
        if self.dialect == "goog4":
            return {"GCS_ENDPOINT": self.store.url, "GCS_ACCESS_KEY": "key", "GCS_SECRET_KEY": SECRET}
        return {"GCS_ENDPOINT": self.store.url, "GOOGLE_APPLICATION_CREDENTIALS": str(self.home / "account.json")}

    def place(self):
        return f"{'s3' if self.dialect == 'aws4' else 'gs'}://{BUCKET}/{PREFIX}"

    def begin(self, *arguments, ends=None, **environment):
        """Starts it; its process number stands in the file `pid` before it runs."""
        own = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.home), "LANG": "C.UTF-8", **self.keys(), **environment}
        words = [TAPE, "sync", *(ends or (self.data, self.place())), "--config", self.home / "tape.ini", "--json", *arguments]
        # A shell between, so that the memory it had at most is its own and not the one it was forked from.
        return subprocess.Popen(["/bin/sh", "-c", '/bin/sh -c \'echo $$ >"$0" && exec "$@"\' "$@"; exit $?', "sh", str(self.home / "pid"), *map(str, words)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=own, text=True, errors="replace")

    def pid(self):
        return int((self.home / "pid").read_text())

    def end(self, process):
        try:
            out, err = process.communicate(timeout=RUN_S)
        except subprocess.TimeoutExpired:
            os.kill(self.pid(), signal.SIGKILL)
            out, err = process.communicate()
            err += f"\nlonger than {RUN_S} s"
        self.said.append(out + err)
        code = process.returncode
        return Said(128 - code if code > 128 else code, out, err)

    def sync(self, *arguments, ends=None, **environment):
        return self.end(self.begin(*arguments, ends=ends, **environment))

    # ---- what must hold --------------------------------------------------------------------------------------------------

    def there(self):
        """name below bronze/ -> what the store says of the object."""
        head = f"{PREFIX}/bronze/"
        return {name[len(head):]: thing for name, thing in self.store.ask("objects")[BUCKET].items() if name.startswith(head)}

    def is_here(self, name):
        """The very file: nobody has written another in its place."""
        path, origin = self.data / "ready" / name, self.template.folder / "ready" / name
        return path.exists() and path.samefile(origin)

    def lost(self):
        """Segments that are neither here nor proven there, marks without a copy, receipts there without their segment."""
        there, found = self.there(), []

        def equal(name):
            return name in there and there[name]["sha256"] == self.template.files[name]
        for key in self.template.keys:
            proven = equal(key) and equal(receipt_of(key))
            if not self.is_here(key) and not proven:
                found.append(f"{short(key)} is neither here nor whole there")
            if (self.data / "ready" / mark_of(key)).exists() and not proven:
                found.append(f"{short(key)} is marked without a whole copy")
            if receipt_of(key) in there and key not in there:
                found.append(f"{short(key)}: the receipt is there before it")
        return found

    def differs(self):
        """Names that are not there as they are here, or are there and not here."""
        there = {name: thing["sha256"] for name, thing in self.there().items()}
        return sorted(short(name) for name in {*there, *self.template.files} if there.get(name) != self.template.files.get(name))

    def unmarked(self):
        return [short(key) for key in self.template.keys if self.is_here(key) and not (self.data / "ready" / mark_of(key)).exists()]

    def left(self):
        return sorted(path.name for path in (self.data / "ready").rglob("*") if path.is_file()) if (self.data / "ready").exists() else []

    def told(self):
        """Where a secret stands that has no business there."""
        secrets = [SECRET, "ya29.", "PRIVATE KEY", "Signature="]
        texts = self.said + [path.read_text(errors="replace") for path in (self.data / "sync").rglob("*") if path.is_file()] if (self.data / "sync").exists() else self.said
        return [text[-300:] for text in texts if any(secret in text for secret in secrets)]

    def close(self):
        self.store.stop()
