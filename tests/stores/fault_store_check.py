"""Checks tests/stores/fault_store.py: sums and signatures against published examples, then a store on loopback through a client. Prints the
total that tests/run reads."""
import base64
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.parse
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import fault_sign  # noqa: E402
import fault_sums  # noqa: E402
from fault_client import Client, Store, code_of, quoted  # noqa: E402

passed = failed = 0


def check(claim, holds):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAILED: {claim}")


def equal(claim, found, wanted):
    check(f"{claim}: {found!r}, not {wanted!r}", found == wanted)


# ---- published examples --------------------------------------------------------------------------------------------------

EMPTY = hashlib.sha256(b"").hexdigest()
# "Authenticating requests: using the Authorization header" of the S3 manual, its four examples.
EXAMPLES = [
    ("GET", "/test.txt", "", [("range", "bytes=0-9")], EMPTY, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    ("PUT", "/test%24file.text", "", [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
     hashlib.sha256(b"Welcome to Amazon S3.").hexdigest(), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    ("GET", "/", "lifecycle", [], EMPTY, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    ("GET", "/", "prefix=J&max-keys=2", [], EMPTY, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
]


def check_examples():
    dialect = fault_sign.DIALECTS["AWS4-HMAC-SHA256"]
    for method, path, query, more, payload, wanted in EXAMPLES:
        headers = [("host", "examplebucket.s3.amazonaws.com"), ("x-amz-content-sha256", payload), ("x-amz-date", "20130524T000000Z"), *more]
        canonical = fault_sign.canonical_request(method, path, query, headers, sorted(name for name, _ in headers), payload)
        found = fault_sign.signature_of(dialect, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ["20130524", "us-east-1", "s3", "aws4_request"],
                                        "20130524T000000Z", canonical)
        equal(f"signature of {method} {path}?{query}", found, wanted)
    equal("crc32c of the usual nine digits", fault_sums.crc32c(b"123456789"), 0xE3069283)
    equal("crc32c of 32 zeros (RFC 3720)", fault_sums.crc32c(bytes(32)), 0x8A9136AA)
    equal("crc32c of 32 ones (RFC 3720)", fault_sums.crc32c(b"\xff" * 32), 0x62A8AB43)
    data = hashlib.shake_128(b"joined").digest(10000)
    equal("crc32c of two pieces", fault_sums.crc32c_joined(fault_sums.crc32c(data[:7001]), fault_sums.crc32c(data[7001:]), 2999), fault_sums.crc32c(data))
    table = [sum_of(byte) for byte in range(256)]
    for size in [*range(70), 1000, 4097, 100001]:
        data = hashlib.shake_128(size.to_bytes(4, "big")).digest(size)
        crc = 0xFFFFFFFF
        for byte in data:
            crc = table[(crc ^ byte) & 255] ^ crc >> 8
        if fault_sums.crc32c(data) != crc ^ 0xFFFFFFFF:
            return check(f"crc32c of {size} bytes", False)
    check("crc32c by halves is crc32c by bytes", True)


def sum_of(byte):
    for _ in range(8):
        byte = byte >> 1 ^ (fault_sums.CASTAGNOLI if byte & 1 else 0)
    return byte


# ---- the rules -----------------------------------------------------------------------------------------------------------

def check_who(store):
    good = Client(store)
    for claim, client, status, code in [
            ("a wrong secret", Client(store, secret="other"), 403, "SignatureDoesNotMatch"),
            ("an unknown key", Client(store, access="who"), 403, "InvalidAccessKeyId"),
            ("a clock that is an hour off", Client(store, offset_s=3600), 403, "RequestTimeTooSkewed"),
            ("another region", Client(store, region="mars"), 400, "AuthorizationHeaderMalformed"),
            ("no signature", Client(store, dialect=None), 403, "AccessDenied")]:
        found, _, body = client.send("PUT", "/b/who", "", b"x")
        equal(claim, (found, code_of(body)), (status, code))
    check("ServerTime is said", b"<ServerTime>" in Client(store, offset_s=3600).send("GET", "/b/who")[2])
    check("the region is said", b"<Region>us-east-1</Region>" in Client(store, region="mars").send("GET", "/b/who")[2])
    equal("a clock 14 minutes off", Client(store, offset_s=840).send("PUT", "/b/who", "", b"x")[0], 200)
    equal("goog4", Client(store, dialect="GOOG4-HMAC-SHA256", region="auto").send("PUT", "/b/goog", "", b"x")[0], 200)
    found, _, body = good.send("PUT", "/b/mixed", "", b"x", x_goog_meta_a="1")
    equal("mixed headers", (found, code_of(body)), (400, "ExcessHeaderValues"))
    equal("a name as it is on the wire", good.send("PUT", "/b/a%3D1/%C3%A9%20%2B%3A%2541//x", "", b"x")[0], 200)
    check("is the name", "a=1/é +:%41//x" in store.ask("objects")["b"])
    equal("a raw = in the path", good.send("PUT", "/b/a=1", "", b"x")[0], 403)
    equal("by virtual host", Client(store, host=f"b.localhost:{store.port}").send("GET", "/who")[2], b"x")
    equal("another body than was signed", good.send("PUT", "/b/who", "", b"x", x_amz_content_sha256=EMPTY)[0], 400)


def check_objects(store):
    client, body = Client(store), b"tape" * 1000
    crc, wrong = fault_sums.crc32c_text(body), fault_sums.crc32c_text(b"other")
    found, _, said = client.send("PUT", "/b/k", "", body, x_amz_checksum_crc32c=wrong)
    equal("a wrong crc32c", (found, code_of(said)), (400, "BadDigest"))
    found, _, said = client.send("PUT", "/b/k", "", body, content_md5=base64.b64encode(hashlib.md5(b"y").digest()).decode())
    equal("a wrong MD5", (found, code_of(said)), (400, "BadDigest"))
    equal("a right crc32c", client.send("PUT", "/b/k", "", body, x_amz_checksum_crc32c=crc, x_amz_meta_tape_bytes="4000", if_none_match="*")[0], 200)
    equal("If-None-Match on a name that is taken", client.send("PUT", "/b/k", "", body, if_none_match="*")[0], 412)
    _, headers, _ = client.send("HEAD", "/b/k", x_amz_checksum_mode="ENABLED")
    equal("HEAD", (headers["content-length"], headers["x-amz-checksum-crc32c"], headers["x-amz-checksum-type"], headers["x-amz-meta-tape-bytes"]), ("4000", crc, "FULL_OBJECT", "4000"))
    check("none with a part of it", "x-amz-checksum-crc32c" not in client.send("GET", "/b/k", x_amz_checksum_mode="ENABLED", range="bytes=4-7")[1])
    check("no checksum unasked", "x-amz-checksum-crc32c" not in client.send("HEAD", "/b/k")[1])
    store.ask("set", gives_checksums=0)
    check("no checksum where a store has none", "x-amz-checksum-crc32c" not in client.send("HEAD", "/b/k", x_amz_checksum_mode="ENABLED")[1])
    store.ask("set", gives_checksums=1)
    for text, status, wanted in [("bytes=4-7", 206, b"tape"), ("bytes=-6", 206, b"petape"), ("bytes=3996-", 206, b"tape"), ("bytes=4000-", 416, None)]:
        found, _, said = client.send("GET", "/b/k", range=text)
        equal(f"range {text}", (found, said if found == 206 else None), (status, wanted))
    equal("no object", code_of(client.send("GET", "/b/none")[2]), "NoSuchKey")
    equal("no bucket", code_of(client.send("GET", "/nob/none")[2]), "NoSuchBucket")
    goog = Client(store, dialect="GOOG4-HMAC-SHA256", region="auto")
    equal("goog: generation 0 on a name that is taken", goog.send("PUT", "/b/k", "", body, x_goog_if_generation_match="0")[0], 412)
    equal("goog: a wrong hash", goog.send("PUT", "/b/g", "", body, x_goog_hash=f"crc32c={wrong}")[0], 400)
    equal("goog: a right hash", goog.send("PUT", "/b/g", "", body, x_goog_hash=f"crc32c={crc}", x_goog_if_generation_match="0")[0], 200)
    check("goog: HEAD has the store's own sum", f"crc32c={crc}" in goog.send("HEAD", "/b/g")[1]["x-goog-hash"])
    equal("gone", [client.send("DELETE", "/b/k")[0], client.send("HEAD", "/b/k")[0], client.send("DELETE", "/b/k")[0]], [204, 404, 204])


def check_parts(store):
    client, big, small = Client(store), bytes(range(256)) * (5 << 12), b"end"
    _, _, said = client.send("POST", "/b/multi", "uploads=", x_amz_checksum_algorithm="CRC32C", x_amz_checksum_type="FULL_OBJECT")
    name = quoted(said.partition(b"<UploadId>")[2].partition(b"<")[0].decode())
    tags = [client.send("PUT", "/b/multi", f"partNumber={n}&uploadId={name}", body)[1]["etag"] for n, body in ((1, big), (2, small), (3, small))]

    def close(numbers, **more):
        inside = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{tags[n - 1]}</ETag></Part>" for n in numbers)
        return client.send("POST", "/b/multi", f"uploadId={name}", f"<CompleteMultipartUpload>{inside}</CompleteMultipartUpload>".encode(), **more)
    store.ask("set", parts_page=2)
    _, _, said = client.send("GET", "/b/multi", f"uploadId={name}")
    check("a page of parts", said.count(b"<Part>") == 2 and b"<NextPartNumberMarker>2<" in said)
    check("and the next", client.send("GET", "/b/multi", f"part-number-marker=2&uploadId={name}")[2].count(b"<Part>") == 1)
    equal("a small part in the middle", code_of(close([1, 2, 3])[2]), "EntityTooSmall")
    equal("parts out of order", code_of(close([2, 1])[2]), "InvalidPartOrder")
    equal("a wrong sum at the end", code_of(close([1, 2], x_amz_checksum_crc32c=fault_sums.crc32c_text(b"no"), x_amz_checksum_type="FULL_OBJECT")[2]), "BadDigest")
    whole = big + small
    equal("complete", close([1, 3], x_amz_checksum_crc32c=fault_sums.crc32c_text(whole), x_amz_checksum_type="FULL_OBJECT")[0], 200)
    equal("its bytes", store.ask("objects")["b"]["multi"]["sha256"], hashlib.sha256(whole).hexdigest())
    equal("its sum", client.send("HEAD", "/b/multi", x_amz_checksum_mode="ENABLED")[1]["x-amz-checksum-crc32c"], fault_sums.crc32c_text(whole))
    equal("once only", code_of(close([1, 3])[2]), "NoSuchUpload")


def check_lists(store):
    client = Client(store)
    names = sorted([f"l/d={d}/é&<{n}>" for d in range(3) for n in range(3)] + ["l/x y+z"], key=str.encode)
    for name in names:
        client.send("PUT", "/b/" + urllib.parse.quote(name, safe="/-_.~"), "", b"1")
    for style in ("base64", "utf8"):
        store.ask("set", token_style=style)
        found, token = [], ""
        while True:
            query = "list-type=2&max-keys=2&encoding-type=url&prefix=l%2F" + (f"&continuation-token={quoted(token)}" if token else "")
            _, _, said = client.send("GET", "/b", query)
            found += [urllib.parse.unquote(piece.partition("<")[0]) for piece in said.decode().split("<Key>")[1:]]
            token = said.decode().partition("<NextContinuationToken>")[2].partition("<")[0].replace("&amp;", "&")
            if not token:
                break
        equal(f"a list in pages, tokens in {style}", found, names)
    _, _, said = client.send("GET", "/b", "list-type=2&prefix=l%2F&delimiter=%2F")
    equal("what a delimiter cuts off", (said.count(b"<CommonPrefixes>"), said.count(b"<Contents>")), (3, 1))
    equal("start-after", client.send("GET", "/b", "list-type=2&prefix=l%2F&start-after=l%2Fd%3D2%2F~")[2].count(b"<Contents>"), 4)


def check_tokens(folder):
    path = folder / "account.json"
    store = Store("--account", path)
    key = json.loads(path.read_text())
    (folder / "key.pem").write_text(key["private_key"])

    def text(data):
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    def token(**other):
        now = int(time.time())
        claims = {"iss": key["client_email"], "aud": key["token_uri"], "scope": "https://www.googleapis.com/auth/devstorage.read_write", "iat": now, "exp": now + 3600, **other}
        signed = text(json.dumps({"alg": "RS256", "typ": "JWT"}).encode()) + "." + text(json.dumps(claims).encode())
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", folder / "key.pem"], input=signed.encode(), capture_output=True, check=True).stdout
        form = urllib.parse.urlencode({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": signed + "." + text(signature)})
        status, _, said = Client(store, dialect=None).send("POST", "/token", "", form.encode(), content_type="application/x-www-form-urlencoded")
        return status, json.loads(said)
    equal("a key file for its owner alone", path.stat().st_mode & 0o777, 0o600)
    status, said = token()
    equal("an assertion that openssl signed", status, 200)
    bearer, plain = "Bearer " + said.get("access_token", ""), Client(store, dialect=None)
    equal("a token opens", plain.send("PUT", "/b/t", "", b"x", authorization=bearer, x_goog_meta_a="1")[0], 200)
    for claim, other in [("another audience", {"aud": "https://elsewhere/token"}), ("no scope", {"scope": ""}), ("another name", {"iss": "x"}), ("two hours", {"exp": int(time.time()) + 7200})]:
        equal(claim, token(**other)[0], 400)
    store.ask("forget")
    equal("a token that ended", plain.send("GET", "/b/t", authorization=bearer)[0], 401)
    store.stop()


# ---- the faults ----------------------------------------------------------------------------------------------------------

def ends_badly(client, *arguments):
    try:
        client.send(*arguments)
    except Exception as error:  # whichever way the connection ended
        return type(error).__name__
    return ""


def check_faults(store):
    client = Client(store)
    for kind, status, code in [("slowdown", 503, "SlowDown"), ("error", 500, "InternalError"), ("conflict", 409, "ConditionalRequestConflict"), ("many", 429, "TooManyRequests"),
                               ("expired", 403, "ExpiredToken"), ("no_bucket", 404, "NoSuchBucket"), ("not_implemented", 501, "NotImplemented"), ("error_200", 200, "InternalError")]:
        store.fault(kind, verb="put", key="f*", after=1)
        equal(f"{kind} not yet", client.send("PUT", "/b/f1", "", b"1")[0], 200)
        found, _, said = client.send("PUT", "/b/f1", "", b"2")
        equal(kind, (found, code_of(said)), (status, code))
        equal(f"{kind} no more", client.send("PUT", "/b/f1", "", b"1")[0], 200)
        equal(f"{kind} counted", store.hits()[kind], 1)
        store.ask("clear")
    for kind, stored in [("rst_request", False), ("lost", True)]:
        store.fault(kind, verb="put", key="g*")
        check(f"{kind}: no answer", ends_badly(client, "PUT", f"/b/g-{kind}", "", b"2" * 100000) != "")
        equal(f"{kind}: stored", f"g-{kind}" in store.ask("objects")["b"], stored)
    for kind in ("rst_answer", "short_answer"):
        store.fault(kind, verb="get")
        check(f"{kind}: half an answer", ends_badly(client, "GET", "/b/g-lost") != "")
    store.ask("clear")
    store.fault("slowdown", verb="put", early="1", retry_after=7)
    equal("an answer before the body was read", client.send("PUT", "/b/early", "", b"2" * 100)[1].get("retry-after"), "7")
    store.fault("corrupt", verb="put", resum=1)
    client.send("PUT", "/b/c", "", b"abcdef", x_amz_checksum_crc32c=fault_sums.crc32c_text(b"abcdef"))
    body = store.ask("body", key="c")
    check("one byte flipped", len(body) == 6 and sum(a != b for a, b in zip(body, b"abcdef")) == 1)
    equal("its sum is that of the store's bytes", client.send("HEAD", "/b/c", x_amz_checksum_mode="ENABLED")[1]["x-amz-checksum-crc32c"], fault_sums.crc32c_text(body))
    store.fault("refuse")
    check("refused", ends_badly(client, "GET", "/b/c") != "")
    equal("and not again", client.send("GET", "/b/c")[0], 200)
    check_kills(store, client)
    check("the log has no secret", "Signature" not in json.dumps(store.ask("log")))


def check_kills(store, client):
    for kind, stored in [("kill_before", False), ("kill_body", False), ("kill_stored", True), ("kill_after", True)]:
        victim = subprocess.Popen(["sleep", "1000"])
        store.fault(kind, verb="put", key="v-*", pid=victim.pid, at=10)
        ends_badly(client, "PUT", f"/b/v-{kind}", "", b"1234567890123456")
        equal(f"{kind}: the process ends", victim.wait(timeout=30), -9)
        equal(f"{kind}: stored", f"v-{kind}" in store.ask("objects")["b"], stored)


def main():
    check_examples()
    with tempfile.TemporaryDirectory() as folder:
        for options, tls in [((), False), (("--tls", folder), True)]:
            store = Store(*options, tls=tls)
            for part in (check_who, check_objects, check_parts, check_lists, check_faults) if not tls else (check_who, check_faults):
                part(store)
                store.ask("reset")
                store.ask("clear")
            store.stop()
        check_tokens(Path(folder))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
