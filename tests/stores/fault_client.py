"""A small client of tests/stores/fault_store.py, for its own check and for what tests want to know: starts it, asks it, signs requests."""
import hashlib
import http.client
import json
import ssl
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

import fault_sign
from fault_control import ask

HERE = Path(__file__).resolve().parent


class Store:
    def __init__(self, *options, tls=False):
        self.tls = tls
        self.process = subprocess.Popen([sys.executable, HERE / "fault_store.py", *map(str, options)], stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def ask(self, command, **values):
        said = ask(self.port, command, values, self.tls)
        return said if command == "body" else json.loads(said)

    def fault(self, kind, **values):
        return self.ask("fault", kind=kind, **values)["fault"]

    def hits(self):
        return {fault["kind"]: fault["hits"] for fault in self.ask("faults")}

    def stop(self):
        self.process.kill()
        self.process.wait()


class Client:
    """Plain requests, signed in either dialect; whatever a check wants to spoil can be overridden by `more` (headers) and by name."""

    def __init__(self, store, dialect="AWS4-HMAC-SHA256", access="key", secret="secret", region="us-east-1", host=None, offset_s=0):
        self.store, self.algorithm, self.dialect = store, dialect, fault_sign.DIALECTS.get(dialect)
        self.access, self.secret, self.region, self.offset_s = access, secret, region, offset_s
        self.host = host or f"127.0.0.1:{store.port}"

    def headers(self, method, path, query, body, more):
        if self.dialect is None:
            return {"Host": self.host, **more}
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() + self.offset_s))
        prefix = self.dialect["header"]
        found = {"host": self.host, prefix + "date": stamp, prefix + "content-sha256": hashlib.sha256(body).hexdigest(), **{n.lower(): v for n, v in more.items()}}
        signed = sorted(found)
        scope = [stamp[:8], self.region, self.dialect["service"], self.dialect["end"]]
        canonical = fault_sign.canonical_request(method, path, query, list(found.items()), signed, found[prefix + "content-sha256"])
        signature = fault_sign.signature_of(self.dialect, self.secret, scope, stamp, canonical)
        found["authorization"] = f"{self.algorithm} Credential={self.access}/{'/'.join(scope)}, SignedHeaders={';'.join(signed)}, Signature={signature}"
        return found

    def send(self, method, path, query="", body=b"", **more):
        """(status, headers in lower case, body). path and query as on the wire; more: headers with _ for -."""
        more = {name.replace("_", "-"): value for name, value in more.items()}
        headers = self.headers(method, path, query, body, more)
        if self.store.tls:
            link = http.client.HTTPSConnection("127.0.0.1", self.store.port, context=ssl._create_unverified_context(), timeout=30)
        else:
            link = http.client.HTTPConnection("127.0.0.1", self.store.port, timeout=30)
        try:
            link.putrequest(method, path + ("?" + query if query else ""), skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                link.putheader(name, value)
            if body or method in ("PUT", "POST"):
                link.putheader("content-length", str(len(body)))
            link.endheaders(body or None)
            answer = link.getresponse()
            found = {}
            for name, value in answer.getheaders():
                found[name.lower()] = f"{found[name.lower()]},{value}" if name.lower() in found else value
            return answer.status, found, answer.read()
        finally:
            link.close()


def code_of(body):
    """The <Code> of an error's XML."""
    return body.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()


def quoted(text):
    return urllib.parse.quote(text, safe="-_.~")
