"""Runs `tape sync` against a started store, and looks at what it left there by other means: the tests' own client, rclone, DuckDB."""
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import s3
import servers

OUT = Path(os.environ.get("TAPEDECK_OUT", "out")).resolve()
TAPE = next((path for path in (OUT / "x86_64/tape", OUT / "host/tape") if path.exists()), OUT / "host/tape")
PART = 8 << 20
RUN_S = 120


@dataclass
class Said:
    code: int
    out: str
    err: str
    peak_kb: int  # most memory it had, as looked at while it ran
    cpu_s: float

    @property
    def report(self):
        """The JSON object of --json: the last line, or all of it."""
        for text in (self.out.strip().splitlines() or [""])[-1], self.out:
            try:
                return json.loads(text)
            except ValueError:
                pass
        return {}

    def __str__(self):
        return f"exit code {self.code}: {(self.err or self.out)[-400:]}"


def keys_of(store, **changed):
    """Environment that names a store and its keys."""
    key, secret = changed.get("key", store.key), changed.get("secret", store.secret)
    if store.dialect == "goog4":
        return {"GCS_ENDPOINT": store.url, "GCS_ACCESS_KEY": key, "GCS_SECRET_KEY": secret}
    return {"S3_ENDPOINT": store.url, "S3_REGION": store.region, "S3_ACCESS_KEY": key, "S3_SECRET_KEY": secret}


def begin(arguments, environment, home):
    own = {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LANG": "C.UTF-8", **environment}
    return subprocess.Popen([str(word) for word in (TAPE, "sync", *arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=own, text=True, errors="replace", start_new_session=True)


def sync(arguments, environment, home):
    """Runs it to its end."""
    out, err = home / "sync.out", home / "sync.err"
    own = {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "LANG": "C.UTF-8", **environment}
    with open(out, "wb") as to, open(err, "wb") as errors:
        process = subprocess.Popen([str(word) for word in (TAPE, "sync", *arguments, "--json")], stdin=subprocess.DEVNULL, stdout=to, stderr=errors,
                                   env=own, start_new_session=True)
        peak, end = 0, time.monotonic() + RUN_S
        while True:
            peak = max(peak, peak_kb(process.pid))
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > end:
                process.kill()
                end += RUN_S
            time.sleep(0.01)  # between two looks
    process.returncode = os.waitstatus_to_exitcode(status)
    return Said(process.returncode, out.read_text(errors="replace"), err.read_text(errors="replace"), peak, usage.ru_utime + usage.ru_stime)


def peak_kb(pid):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def killed_in_parts(store, arguments, environment, home, key, parts):
    """Kills it -9 once the store has so many parts of the object; how many it then has."""
    process = begin(arguments, environment, home)
    client, end, had = store.client(), time.monotonic() + RUN_S, 0
    try:
        while process.poll() is None and had < parts and time.monotonic() < end:
            had = max([len(each) for each in uploads(client, store.bucket, key).values()], default=0)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return had


def uploads(client, bucket, key):
    """Multipart uploads of the key that are open: id -> sizes of parts."""
    text = client.request("GET", f"/{bucket}", [("uploads", "")]).body.decode()
    found = {}
    for upload in s3.tags(text, "Upload"):
        if urllib.parse.unquote(s3.tag(upload, "Key")) == key or s3.tag(upload, "Key") == key:
            name = s3.tag(upload, "UploadId")
            parts = client.request("GET", f"/{bucket}/{key}", [("uploadId", name)]).body.decode()
            found[name] = [int(size) for size in s3.tags(parts, "Size")]
    return found


def remote_sums(store, prefix):
    """name -> sha256 of all objects below the prefix, read by the tests' own client."""
    client = store.client()
    sums = {}
    for name in client.names(store.bucket, prefix):
        answer = client.request("GET", f"/{store.bucket}/{name}", keep=False)
        sums[name[len(prefix):]] = answer.body.decode() if answer.status == 200 else str(answer)
    return sums


def local_sums(folder, skip=(".done",)):
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(skip) and not path.relative_to(folder).as_posix().startswith(".")}


def rclone_check(store, folder, prefix, home):
    """rclone's own comparison, all bytes read: exit code and what it says."""
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(home), "RCLONE_S3_PROVIDER": "Other", "RCLONE_S3_ENDPOINT": store.url,
                   "RCLONE_S3_ACCESS_KEY_ID": store.key, "RCLONE_S3_SECRET_ACCESS_KEY": store.secret, "RCLONE_S3_REGION": store.region}
    command = [servers.program("rclone"), "check", "--config", "/dev/null", "--download", "--exclude", "*.done", folder, f":s3:{store.bucket}/{prefix}"]
    done = subprocess.run([str(word) for word in command], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr[-300:]


DUCKDB = """import duckdb, duckdb_extension_httpfs, glob, os, sys
store = duckdb.connect(config={"allow_unsigned_extensions": True})
store.load_extension(glob.glob(os.path.dirname(duckdb_extension_httpfs.__file__) + "/extensions/*/httpfs.duckdb_extension")[0])
host, key, secret, region, remote, local = sys.argv[1:]
store.execute(f"CREATE SECRET (TYPE s3, KEY_ID '{key}', SECRET '{secret}', REGION '{region}', ENDPOINT '{host}', URL_STYLE 'path', USE_SSL false)")
ask = "SELECT count(*), count(DISTINCT symbol), max(ts_recv)::VARCHAR, bit_xor(hash(ts_recv, price, size)) FROM read_parquet('{}', hive_partitioning = false)"
there, here = (store.execute(ask.format(each)).fetchone() for each in (remote, local))
print(there, here)
sys.exit(there != here or not there[0])
"""


def duckdb_reads(store, remote, local):
    """DuckDB reads the same from the store as from the folder: exit code and both answers."""
    command = [sys.executable, "-c", DUCKDB, urllib.parse.urlsplit(store.url).netloc, store.key, store.secret, store.region, remote, str(local)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, (done.stdout + done.stderr)[-300:]
