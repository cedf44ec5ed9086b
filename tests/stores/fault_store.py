#!/usr/bin/env python3
"""fault_store.py [--port 0] [--bucket b]... [--key ACCESS:SECRET]... [--set NAME=VALUE]... [--tls FOLDER] [--account FILE]
A strict object store in memory on loopback with faults on demand: S3 and the XML of Google Cloud Storage, paths and virtual hosts
(BUCKET.localhost, BUCKET.s3.test, BUCKET.storage.test), version 4 signatures in both dialects, bearer tokens. Without --key there is
access `key`, secret `secret`; without --bucket there is `b`. Prints `port N` when it listens. Ends when the process that started it does.
  --tls FOLDER    TLS with the certificate FOLDER/cert.pem, FOLDER/key.pem, made by openssl where it is missing
  --account FILE  the key file of a service account, made where it is missing; its tokens are given at /token
fault_store.py ask PORT COMMAND [NAME=VALUE]...  one command to a store that runs (TLS too); prints the answer. Commands:
  fault kind=K verb=V key=GLOB after=N count=N ...   adds a fault (fault_plan.py), prints its number
  faults | clear                                     shows them with their hits | takes them all away, releases what stalls
  set NAME=VALUE                                     fault_objects.SETTINGS
  objects | uploads | log [since=N] | totals         JSON: what it holds; what it was asked
  body bucket=b key=K | delete | flip | truncate | plant text=T    one object: its bytes, gone, one byte flipped, one byte less, put there
  bucket name=B gone=0|1                             a bucket comes or goes, with its objects
  forget                                             all bearer tokens end
  reset                                              no objects, uploads, log; faults and settings stay"""
import email.utils
import http.client
import json
import os
import secrets
import select
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

import fault_objects
from fault_act import after_handling, before_handling, failed_200, give_token, instead, kill
from fault_control import ask, control
from fault_objects import World, refusal_answer
from fault_sign import Refusal, authenticate, decoded, query_pairs

HOSTS = ("localhost", "s3.test", "storage.test")
HEAD_MAX = 65536


class Gone(Exception):
    """The connection has ended, by either side."""


class Request:
    def __init__(self, head):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, version = lines[0].split(" ")
        self.headers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers.append((name.lower(), value.strip()))
        self.path, _, self.query = self.target.partition("?")
        self.body, self.payload, self.dialect, self.auth = b"", None, "amz", ""
        self.bucket, self.key, self.verb, self.met = "", "", None, None
        self.keeps_alive = version == "HTTP/1.1" and (self.header("connection") or "").lower() != "close"
        self.code = ""

    def header(self, name):
        return next((value for found, value in self.headers if found == name), None)

    def argument(self, name):
        return next((value for found, value in self.arguments if found == name), None)

    def locate(self):
        """Bucket, key and arguments from the wire's bytes."""
        self.arguments = []
        try:
            self.arguments = [(name.decode(), value.decode()) for name, value in query_pairs(self.query)]
            path = decoded(self.path).decode()
        except UnicodeDecodeError:
            raise Refusal(400, "InvalidURI", "Couldn't parse the specified URI.") from None
        host = (self.header("host") or "").rpartition(":")[0] or self.header("host") or ""
        base = next((h for h in HOSTS if host.endswith("." + h)), None)
        if base:
            self.bucket, self.key = host[:-len(base) - 1], path[1:]
        else:
            self.bucket, _, self.key = path[1:].partition("/")
        self.verb = "token" if self.path == "/token" else fault_objects.verb_of(self)


class Connection:
    def __init__(self, world, sock):
        self.world, self.sock, self.buffer, self.sent = world, sock, b"", 0

    # ---- bytes -----------------------------------------------------------------------------------------------------------

    def more(self):
        try:
            data = self.sock.recv(1 << 18)
        except OSError:
            raise Gone from None
        if not data:
            raise Gone
        return data

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            raise Gone from None
        self.sent += len(data)

    def reset(self):
        """RST in place of a proper end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def stall(self):
        """Says nothing until the other side goes away or the faults are cleared."""
        released = self.world.changed
        while not released.is_set():
            readable, _, _ = select.select([self.sock], [], [], 0.05)
            if readable:
                self.more()
        raise Gone

    def head(self):
        while b"\r\n\r\n" not in self.buffer:
            if len(self.buffer) > HEAD_MAX:
                raise Gone
            self.buffer += self.more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return Request(head)

    def read_body(self, request):
        size = int(request.header("content-length") or 0)
        if request.header("transfer-encoding"):
            raise Refusal(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
        if (request.header("expect") or "").lower() == "100-continue" and int(self.world.settings["continues"]) and not self.buffer:
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        stop = request.met.get("rst_request", "kill_body") if request.met else None
        limit = min(size, stop.number_of("at", 65536)) if stop else size
        pieces, have = [self.buffer[:limit]], min(len(self.buffer), limit)
        self.buffer = self.buffer[have:]
        while have < limit:
            data = self.more()
            pieces.append(data[:limit - have])
            self.buffer += data[limit - have:]
            have += len(pieces[-1])
        request.body = b"".join(pieces)
        self.world.totals["body_in"] += have
        if stop and stop.kind == "kill_body":
            kill(stop)
        if stop:
            self.note(request, None, have)
            self.reset()

    # ---- answers ---------------------------------------------------------------------------------------------------------

    def note(self, request, answer, answered):
        with self.world.lock:
            self.world.totals["requests"] += 1
            self.world.log.append({
                "n": len(self.world.log), "at_s": time.monotonic(), "method": request.method, "verb": request.verb, "bucket": request.bucket, "key": request.key,
                "part": request.argument("partNumber"), "range": request.header("range"), "auth": request.auth, "body": len(request.body),
                "conditional": request.header("if-none-match") or request.header("x-goog-if-generation-match"),
                "status": answer.status if answer else 0, "code": answer.code if answer else "", "answered": answered, "fault": request.met.names() if request.met else ""})

    def reply(self, request, answer, keep):
        met = request.met
        names = {name.lower() for name, _ in answer.headers}
        lines = [f"HTTP/1.1 {answer.status} {http.client.responses.get(answer.status, 'Status')}", "Server: fault-store",
                 f"Date: {email.utils.formatdate(self.world.now_s(), usegmt=True)}", f"x-amz-request-id: {secrets.token_hex(8).upper()}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if "content-length" not in names and answer.status != 204:
            lines.append(f"Content-Length: {len(answer.body)}")
        lines.append("Connection: keep-alive" if keep else "Connection: close")
        data, body = ("\r\n".join(lines) + "\r\n\r\n").encode(), b"" if request.method == "HEAD" else answer.body
        self.world.totals["body_out"] += len(body)
        if met and (fault := met.get("rst_answer", "stall_answer", "short_answer")):
            whole = data + body
            self.send(whole[:len(data) + len(body) // 2] if body else whole[:len(data) // 2])
            self.note(request, answer, len(body) // 2)
            if fault.kind == "stall_answer":
                self.stall()
            if fault.kind == "rst_answer":
                time.sleep(0.05)  # so that what was sent is not thrown away with the connection
                self.reset()
            raise Gone
        self.note(request, answer, len(body))
        self.send(data)
        slow = met.get("slow") if met else None
        for at in range(0, len(body), 256 if slow else len(body) or 1):
            self.send(body[at:at + (256 if slow else len(body))])
            if slow:
                time.sleep(256 / slow.number_of("bytes_per_s", 1000))
        if met and (fault := met.get("kill_after")):
            time.sleep(fault.number_of("delay_ms", 0) / 1000)
            kill(fault)
        if not keep:
            self.finish()
            raise Gone

    def finish(self):
        """Closes so that an answer to a body that was never read is not lost to a reset."""
        try:
            self.sock.shutdown(socket.SHUT_WR)
            self.sock.settimeout(2)
            while self.sock.recv(1 << 16):
                pass
        except OSError:
            pass

    # ---- one request -----------------------------------------------------------------------------------------------------

    def serve_one(self):
        request = self.head()
        if request.path.startswith("/_control/"):
            self.serve_control(request)
            return
        keep = request.keeps_alive and int(self.world.settings["keeps_alive"]) == 1
        try:
            request.locate()
            request.met = self.world.met(request.verb, request.key)
            early = next((f for f in request.met.faults.values() if f.values.get("early") == "1"), None)
            if early:
                self.reply(request, instead(self.world, request), False)
            self.read_body(request)
            answer = self.answer(request)
        except Refusal as refusal:
            request.arguments = getattr(request, "arguments", [])
            keep = keep and len(request.body) == int(request.header("content-length") or 0)
            answer = refusal_answer(request, refusal)
        except Gone:
            if request.met and not request.met.get("rst_request", "kill_body"):
                self.note(request, None, 0)
            raise
        self.reply(request, answer, keep)

    def answer(self, request):
        met = request.met
        if fault := met.get("kill_before"):
            kill(fault)
            raise Gone
        if met.get("stall_before"):
            self.stall()
        other = instead(self.world, request)
        if other:
            return other
        with self.world.lock:
            answer = self.truly(request)
        if fault := met.get("kill_stored"):
            kill(fault)
        if met.get("kill_stored", "lost"):
            raise Gone
        if met.get("stall"):
            self.stall()
        return answer

    def truly(self, request):
        if request.verb == "token":
            return give_token(self.world, request)
        try:
            authenticate(self.world, request)
            before_handling(self.world, request)
            answer = fault_objects.handle(self.world, request)
            if request.met.get("twice"):
                answer = fault_objects.handle(self.world, request)
            after_handling(self.world, request)
        except Refusal as refusal:
            answer = refusal_answer(request, refusal)
        fault = request.met.get("error_200")
        return failed_200(request) if fault and answer.status == 200 else answer

    def serve_control(self, request):
        self.world.totals["body_in"] -= int(request.header("content-length") or 0)
        self.read_body(request)
        arguments = dict(urllib.parse.parse_qsl(request.query, keep_blank_values=True))
        try:
            said = control(self.world, request.path[len("/_control/"):], arguments)
            status = 200
        except (ValueError, KeyError) as error:
            said, status = f"{type(error).__name__}: {error}".encode(), 400
        body = said if isinstance(said, bytes) else (json.dumps(said, indent=1) + "\n").encode()
        self.send(f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        raise Gone

    def serve(self):
        try:
            while True:
                self.serve_one()
        except (Gone, OSError, ValueError):
            pass
        finally:
            try:
                self.sock.close()
            except OSError:
                pass


# ---- start ---------------------------------------------------------------------------------------------------------------

def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"openssl: {done.stderr}")
    return done.stdout


def make_certificate(folder):
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "cert.pem").exists():
        names = ",".join(["IP:127.0.0.1", "DNS:localhost"] + [f"DNS:*.{host}" for host in HOSTS])
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650", "-subj", "/CN=fault store",
                "-addext", f"subjectAltName={names}", "-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def service_account(path, token_uri):
    if not path.exists():
        pem = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        path.touch(mode=0o600)
        path.write_text(json.dumps({
            "type": "service_account", "project_id": "tape", "private_key_id": secrets.token_hex(20), "private_key": pem,
            "client_email": "deck@tape.iam.gserviceaccount.com", "client_id": "1", "token_uri": token_uri}, indent=2))
    return json.loads(path.read_text())


def options(words):
    found = {"port": 0, "bucket": [], "key": [], "set": [], "tls": None, "account": None}
    while words:
        name = words.pop(0).removeprefix("--")
        if name not in found or not words:
            sys.exit(__doc__)
        value = words.pop(0)
        if isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = int(value) if name == "port" else value
    return found


def refused(world, sock, context):
    """Control comes by the same door, so what begins with its words is let in; under TLS that cannot be told."""
    with world.lock:
        fault = next((f for f in world.faults if f.kind == "refuse" and f.left != 0), None)
    if not fault or (not context and sock.recv(16, socket.MSG_PEEK).startswith(b"POST /_control/")):
        return False
    fault.meets(None, None)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return True


def accepted(world, sock, context):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    world.totals["connections"] += 1
    try:
        if refused(world, sock, context):
            sock.close()
            return
        if context:
            sock = context.wrap_socket(sock, server_side=True)
    except OSError:
        sock.close()
        return
    Connection(world, sock).serve()


def listen(world, listener, context):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=accepted, args=(world, sock, context), daemon=True).start()


def main():
    if sys.argv[1:2] in (["--help"], ["-h"]):
        print(__doc__)
        return 0
    if sys.argv[1:2] == ["ask"]:
        if len(sys.argv) < 4:
            sys.exit(__doc__)
        try:
            said = ask(int(sys.argv[2]), sys.argv[3], dict(word.partition("=")[::2] for word in sys.argv[4:]))
        except (ValueError, OSError) as error:
            sys.exit(f"fault_store: {error}")
        sys.stdout.buffer.write(said)
        return 0
    given, world = options(sys.argv[1:]), World()
    world.keys = dict(pair.split(":", 1) if pair.count(":") == 1 else pair.rsplit(":", 1) for pair in given["key"] or ["key:secret"])
    world.buckets = {bucket: {} for bucket in given["bucket"] or ["b"]}
    for pair in given["set"]:
        world.set(*pair.split("=", 1))
    context = make_certificate(Path(given["tls"])) if given["tls"] else None
    listener = socket.create_server(("127.0.0.1", given["port"]), backlog=128)
    port = listener.getsockname()[1]
    if given["account"]:
        world.account = service_account(Path(given["account"]), f"{'https' if context else 'http'}://127.0.0.1:{port}/token")
    print(f"port {port}", flush=True)
    threading.Thread(target=listen, args=(world, listener, context), daemon=True).start()
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
