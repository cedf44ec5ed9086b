"""Certificates that must not be believed, and plain connections that must not be made. Refused, named, tried again on schedule,
and not one frame is taken."""
import re
import shutil
import socket
import ssl
import subprocess
import threading

import journal as j
from claims import claim, skipped
from deck import TAPEDECK, Exchange, Recorder, names, wait_for
from rows import read
from verdicts import Traffic


class Listener(threading.Thread):
    """Accepts on an address of its own and hands each connection to serve()."""

    def __init__(self, host):
        super().__init__(daemon=True)
        self.socket = socket.create_server((host, 0))
        self.port = self.socket.getsockname()[1]

    def run(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()


class Forwarder(Listener):
    """The exchange under an address that its certificate does not name."""

    def __init__(self, host, port):
        super().__init__(host)
        self.to = port
        self.start()

    def serve(self, connection):
        with connection, socket.create_connection(("127.0.0.1", self.to)) as other:
            back = threading.Thread(target=self.copy, args=(other, connection), daemon=True)
            back.start()
            self.copy(connection, other)
            back.join()

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Server(Listener):
    """TLS with a given certificate; whoever believes it is counted."""

    def __init__(self, certificate, key):
        super().__init__("127.0.0.1")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.spoken = 0
        self.start()

    def serve(self, connection):
        try:
            with self.context.wrap_socket(connection, server_side=True) as tls:
                self.spoken += bool(tls.recv(1))  # a request: the certificate was believed
        except (OSError, ssl.SSLError):
            pass


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True).returncode == 0


def make_certificates(folder):
    """ca.pem, and good, expired, foreign (of another name) signed by it; {} without a program that can."""
    folder.mkdir(parents=True, exist_ok=True)
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    if not shutil.which("openssl") or not openssl("req", "-x509", *new_key, "-keyout", folder / "ca.key", "-out", folder / "ca.pem",
                                                  "-days", 30, "-subj", "/CN=test authority"):
        return {}
    made = {}
    for name, days, host in (("good", 30, "localhost"), ("expired", -1, "localhost"), ("foreign", 30, "exchange.invalid")):
        request, key, extensions = folder / f"{name}.csr", folder / f"{name}.key", folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName=DNS:{host}\n")
        if openssl("req", *new_key, "-keyout", key, "-out", request, "-subj", f"/CN={host}") and \
                openssl("x509", "-req", "-in", request, "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-CAcreateserial",
                        "-days", days, "-extfile", extensions, "-out", folder / f"{name}.pem"):
            made[name] = (folder / f"{name}.pem", key)
    return made


def tries(recorder):
    return re.findall(r"event=connect_failed .*?err=(\w+).*?next_try_ms=(\d+) reason=\"(.*)\"", recorder.log())


def check_refused(recorder, what):
    wait_for(f"{what}: two tries", lambda: len(tries(recorder)) >= 2, 20)
    code = recorder.stop()
    seen = tries(recorder)
    claim(f"trust: {what} is refused and named", {err for err, _, _ in seen} == {"TD_E_NET_CERT"}, seen)
    claim(f"trust: {what}: the reason is said in words", all(len(why) > len("TD_E_NET_CERT: ") for _, _, why in seen), seen)
    claim(f"trust: {what}: next try on schedule", 1000 <= int(seen[0][1]) <= 1200 and 1600 <= int(seen[1][1]) <= 2400, seen)
    kinds = {frame.kind for frame in Traffic(recorder).journal.poll().frames}
    rows = [row for table in ("book", "trades", "ticker") for row in read(recorder.data, table)]
    claim(f"trust: {what}: no frame is taken, no row written", code == 0 and not rows and recorder.report["frames"] == 0 and
          not kinds & {j.WS_TEXT, j.HTTP, j.OPEN}, (code, kinds, rows[:1]))


def check_plain(folder):
    """Without TLS only this machine may be spoken to."""
    recorder = Recorder(folder / "plain", 80, "/dev/null", {"coinbase": ["BTC-USD"]}, scheme="", host="feed.invalid")
    for verb in (["record", "--json"], ["config"]):
        done = subprocess.run([TAPEDECK, *verb, "--config", recorder.config], capture_output=True, text=True, timeout=20)
        said = done.stdout + done.stderr
        claim(f"trust: ws:// to another host is refused by tapedeck {verb[0]}",
              done.returncode == 3 and "ws://feed.invalid" in said and "TLS" in said, (done.returncode, said[-300:]))
    claim("trust: and nothing was begun", not (recorder.data / "journal").exists())


def trust(folder):
    exchange, other = Exchange(folder / "exchange", 50, 1), Exchange(folder / "other", 50, 1)
    symbols = {"coinbase": names("coinbase", 1)}
    made = make_certificates(folder / "certificates")
    try:
        forwarder = Forwarder("127.0.0.2", exchange.port)
        running = {
            "another authority": Recorder(folder / "authority", exchange.port, other.ca, symbols).start(),
            "an address that the certificate does not name":
                Recorder(folder / "address", forwarder.port, exchange.ca, symbols, host="127.0.0.2").start(),
        }
        named = Recorder(folder / "named", exchange.port, exchange.ca, symbols, host="127.0.0.1").start()
        servers = {}
        for name, what in (("expired", "an expired certificate"), ("foreign", "a certificate of another name")):
            if name not in made:
                skipped(f"trust: {what}: no openssl program that makes one")
                continue
            servers[name] = Server(*made[name])
            running[what] = Recorder(folder / name, servers[name].port, folder / "certificates/ca.pem", symbols).start()
        if "good" in made:  # the same way with a good one: what was refused was the certificate
            servers["good"] = Server(*made["good"])
            good = Recorder(folder / "good", servers["good"].port, folder / "certificates/ca.pem", symbols).start()
        for what, recorder in running.items():
            check_refused(recorder, what)
        traffic = Traffic(named)
        wait_for("data comes by an address that is named", lambda: traffic.count("coinbase", "BTC-USD", ("snapshot",)), 15)
        claim("trust: an address that the certificate names is accepted", named.stop() == 0)
        if "good" in made:
            wait_for("a good certificate is believed", lambda: servers["good"].spoken, 10)
            good.stop()
            claim("trust: only the good certificate was spoken to",
                  [name for name, server in servers.items() if server.spoken] == ["good"])
        check_plain(folder)
    finally:
        exchange.stop()
        other.stop()
