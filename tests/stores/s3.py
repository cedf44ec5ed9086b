"""A small S3 client of the standard library alone, written from AWS's description of signature version 4: asks stores what the product will ask
them, and checks what the product left there. Everything about a request can be bent, for a store's answer to that is what the probe is after."""
import base64
import datetime
import hashlib
import hmac
import http.client
import re
import urllib.parse
from dataclasses import dataclass
from html import unescape

EMPTY = hashlib.sha256(b"").hexdigest()
UNRESERVED = "-_.~"


@dataclass
class Answer:
    status: int
    headers: dict  # names in lower case
    body: bytes

    @property
    def code(self):
        """The store's own word for an error."""
        return tag(self.body.decode(errors="replace"), "Code")

    def __str__(self):
        return f"{self.status} {self.code}".strip()


def tag(text, name):
    found = re.search(rf"<{name}>(.*?)</{name}>", text, re.S)
    return unescape(found.group(1)) if found else ""


def tags(text, name):
    return [unescape(each) for each in re.findall(rf"<{name}>(.*?)</{name}>", text, re.S)]


def encode(text, safe=""):
    return urllib.parse.quote(text, safe=safe + UNRESERVED)


def crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def crc32c_text(data):
    return base64.b64encode(crc32c(data).to_bytes(4, "big")).decode()


def sha256_text(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


class Client:
    """One place, keys. Each request has a connection of its own."""

    def __init__(self, url, key, secret, region="us-east-1", dialect="aws4"):
        self.host = urllib.parse.urlsplit(url).netloc
        self.key, self.secret, self.region = key, secret, region
        self.algorithm, self.start, self.end, self.service, self.prefix = {
            "aws4": ("AWS4-HMAC-SHA256", "AWS4", "aws4_request", "s3", "x-amz"),
            "goog4": ("GOOG4-HMAC-SHA256", "GOOG4", "goog4_request", "storage", "x-goog"),
        }[dialect]

    def authorization(self, method, path, query, headers, stamp, payload):
        canonical_query = "&".join(f"{encode(name)}={encode(value)}" for name, value in sorted(query))
        names = sorted(headers)
        lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
        request = "\n".join([method, path, canonical_query, lines, ";".join(names), payload])
        scope = f"{stamp[:8]}/{self.region}/{self.service}/{self.end}"
        text = "\n".join([self.algorithm, stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
        key = (self.start + self.secret).encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return f"{self.algorithm} Credential={self.key}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"

    def request(self, method, path, query=(), body=b"", headers=None, *, late_s=0, payload=None, bend=None, unsigned=False, keep=True):
        """path plain, "/bucket/key"; query pairs. late_s: the clock is off by so much; payload: another sum of the body than its own; bend: changes
        the Authorization header; keep False: the answer's body is summed and dropped."""
        query = list(query)
        stamp = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=late_s)).strftime("%Y%m%dT%H%M%SZ")
        path = encode(path, "/")
        payload = payload or hashlib.sha256(body).hexdigest()
        sent = {name.lower(): value for name, value in (headers or {}).items()}
        sent.update({"host": self.host, f"{self.prefix}-date": stamp, f"{self.prefix}-content-sha256": payload})
        if not unsigned:
            signed = self.authorization(method, path, query, sent, stamp, payload)
            sent["authorization"] = bend(signed) if bend else signed
        if method in ("PUT", "POST"):
            sent["content-length"] = str(len(body))
        target = path + ("?" + "&".join(f"{encode(name)}={encode(value)}" for name, value in query) if query else "")
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders(body if body else None)
            answer = connection.getresponse()
            if keep:
                data = answer.read()
            else:
                total = hashlib.sha256()
                while piece := answer.read(1 << 20):
                    total.update(piece)
                data = total.hexdigest().encode()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, data)
        finally:
            connection.close()

    def names(self, bucket, prefix="", page=1000):
        """Every name, by list version 2."""
        found, token = [], None
        while True:
            query = [("list-type", "2"), ("prefix", prefix), ("max-keys", str(page)), ("encoding-type", "url")]
            if token:
                query.append(("continuation-token", token))
            answer = self.request("GET", f"/{bucket}", query)
            text = answer.body.decode()
            if answer.status != 200:
                raise OSError(f"list: {answer}")
            keys = tags(text, "Key")
            found += [urllib.parse.unquote_plus(key) if tag(text, "EncodingType") == "url" else key for key in keys]
            token = tag(text, "NextContinuationToken")
            if tag(text, "IsTruncated") != "true" or not token:
                return found
