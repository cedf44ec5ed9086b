"""Who sent a request: version 4 signatures in both dialects, and bearer tokens. Written from the vendors' pages ("Create a signed AWS API
request"; Cloud Storage "Signatures" and "Canonical requests") and from nothing of this product: the canonical request is made anew from the
bytes of the request line. For tests/stores/fault_store.py."""
import calendar
import email.utils
import hashlib
import hmac
import re
import time

SKEW_S = 900


class Refusal(Exception):
    """An answer that ends a request: status, the store's code, words, members of the error's XML, headers."""

    def __init__(self, status, code, words="", members=(), headers=()):
        super().__init__(code)
        self.status, self.code, self.words, self.members, self.headers = status, code, words, list(members), list(headers)


DIALECTS = {
    "AWS4-HMAC-SHA256": {"prefix": "AWS4", "end": "aws4_request", "service": "s3", "header": "x-amz-"},
    "GOOG4-HMAC-SHA256": {"prefix": "GOOG4", "end": "goog4_request", "service": "storage", "header": "x-goog-"},
}
PLAIN = set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


def encoded(data, keep=b""):
    return "".join(chr(b) if b in PLAIN or b in keep else f"%{b:02X}" for b in data)


def decoded(text, plus=False):
    """Bytes of a percent-encoded text; what a server does with a raw plus in a query: a blank."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        raise Refusal(400, "InvalidURI", "a percent sign without two digits")
    raw = text.replace("+", " ") if plus else text
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda m: bytes([int(m.group(1), 16)]), raw.encode("latin-1"))


def query_pairs(text):
    """[(name, value)] as bytes, in the order of the wire."""
    pairs = []
    for piece in text.split("&") if text else []:
        name, _, value = piece.partition("=")
        pairs.append((decoded(name, plus=True), decoded(value, plus=True)))
    return pairs


def canonical_query(text):
    return "&".join("=".join(pair) for pair in sorted((encoded(name), encoded(value)) for name, value in query_pairs(text)))


def canonical_request(method, path, query, headers, signed, payload):
    """headers: [(lower-case name, value as on the wire)]; signed: the names in the client's order."""
    lines = []
    for name in signed:
        values = [re.sub(r" +", " ", value.strip()) for found, value in headers if found == name]
        lines.append(f"{name}:{','.join(values)}\n")
    return "\n".join([method, encoded(decoded(path), b"/"), canonical_query(query), "".join(lines), ";".join(signed), payload])


def signature_of(dialect, secret, scope, stamp, canonical):
    algorithm = next(name for name, value in DIALECTS.items() if value is dialect)
    text = "\n".join([algorithm, stamp, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()])
    key = (dialect["prefix"] + secret).encode()
    for part in scope:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def iso(at_s):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s))


def stamp_of(request, dialect):
    """(text, seconds) of the request's date."""
    text = request.header(dialect["header"] + "date")
    try:
        if text:
            return text, calendar.timegm(time.strptime(text, "%Y%m%dT%H%M%SZ"))
        text = request.header("date")
        at_s = email.utils.mktime_tz(email.utils.parsedate_tz(text or ""))
        return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at_s)), at_s
    except (ValueError, TypeError):
        raise Refusal(403, "AccessDenied", "a valid date header is required") from None


def check_date(at_s, now_s):
    if abs(now_s - at_s) > SKEW_S:
        raise Refusal(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
                      [("RequestTime", iso(at_s)), ("ServerTime", iso(now_s)), ("MaxAllowedSkewMilliseconds", str(SKEW_S * 1000))])


def check_signed_headers(request, dialect, signed):
    if signed != sorted(set(signed)) or any(name != name.lower() for name in signed):
        raise Refusal(403, "SignatureDoesNotMatch", "signed headers are in lower case and sorted, each once")
    missing = sorted({name for name, _ in request.headers if name == "host" or name.startswith(dialect["header"])} - set(signed))
    if missing:
        raise Refusal(403, "AccessDenied", "There were headers present in the request which were not signed", [("HeadersNotSigned", ", ".join(missing))])


def wrong_region(world, scope):
    """What a store says of a region that is not its own, as it was set up to."""
    hint = [("x-amz-bucket-region", world.settings["region"])] if world.settings["region_hint"] else []
    if world.settings["region_error"] in ("301", "307"):
        status = int(world.settings["region_error"])
        code = "PermanentRedirect" if status == 301 else "TemporaryRedirect"
        return Refusal(status, code, "The bucket you are attempting to access must be addressed using the specified endpoint.",
                       [("Endpoint", f"s3.{world.settings['region']}.example.test"), ("Bucket", "b")], hint)
    member = [("Region", world.settings["region"])] if world.settings["region_hint"] else []
    return Refusal(400, "AuthorizationHeaderMalformed",
                   f"The authorization header is malformed; the region '{scope[1]}' is wrong; expecting '{world.settings['region']}'", member, hint)


def payload_of(request, dialect, world):
    payload = request.header(dialect["header"] + "content-sha256")
    if payload is None:
        raise Refusal(400, "MissingSecurityHeader", f"{dialect['header']}content-sha256 is missing")
    if payload == "UNSIGNED-PAYLOAD":
        if not world.settings["unsigned_payload"]:
            raise Refusal(403, "AccessDenied", "this store takes no body that is not signed for")
    elif payload.startswith("STREAMING-"):
        raise Refusal(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
    elif not re.fullmatch("[0-9a-f]{64}", payload):
        raise Refusal(400, "InvalidArgument", f"{dialect['header']}content-sha256 must be UNSIGNED-PAYLOAD or a valid sha256 value.")
    return payload


def check_scope(world, dialect, scope, stamp):
    if scope[0] != stamp[:8]:
        raise Refusal(400, "AuthorizationHeaderMalformed", "the date of the scope is not the request's")
    if scope[2:] != [dialect["service"], dialect["end"]]:
        raise Refusal(400, "AuthorizationHeaderMalformed", f"the scope ends in {dialect['service']}/{dialect['end']}")
    if dialect["service"] == "s3" and scope[1] not in (world.settings["region"], "auto" if world.settings["vendor"] == "gcs" else None):
        raise wrong_region(world, scope)


def check_signature(world, request, algorithm, rest):
    dialect = DIALECTS[algorithm]
    fields = dict(piece.strip().partition("=")[::2] for piece in rest.split(","))
    if set(fields) != {"Credential", "SignedHeaders", "Signature"}:
        raise Refusal(400, "AuthorizationHeaderMalformed", "Credential, SignedHeaders and Signature, each once")
    access, *scope = fields["Credential"].rsplit("/", 4)
    if len(scope) != 4:
        raise Refusal(400, "AuthorizationHeaderMalformed", "the credential has five parts")
    if access not in world.keys:
        raise Refusal(403, "InvalidAccessKeyId" if algorithm.startswith("AWS4") else "InvalidSecurity", "The key that you provided does not exist in our records.")
    stamp, at_s = stamp_of(request, dialect)
    check_date(at_s, world.now_s())
    check_scope(world, dialect, scope, stamp)
    signed = fields["SignedHeaders"].split(";")
    check_signed_headers(request, dialect, signed)
    payload = payload_of(request, dialect, world)
    canonical = canonical_request(request.method, request.path, request.query, request.headers, signed, payload)
    if not hmac.compare_digest(signature_of(dialect, world.keys[access], scope, stamp, canonical), fields["Signature"]):
        raise Refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.",
                      [("CanonicalRequest", canonical)])
    if request.path != encoded(decoded(request.path), b"/"):
        raise Refusal(403, "SignatureDoesNotMatch", "the path on the wire is not encoded as it was signed")
    expected = world.settings["session_token"]
    token = request.header(dialect["header"] + "security-token")
    if (token or "") != expected:
        raise Refusal(400, "InvalidToken", "The provided token is malformed or otherwise invalid.")
    return payload


def authenticate(world, request):
    """Sets request.dialect ("amz", "goog") and request.payload (hex sha256 that the body must have, or None)."""
    names = {name for name, _ in request.headers}
    amz, goog = any(n.startswith("x-amz-") for n in names), any(n.startswith("x-goog-") for n in names)
    if amz and goog:
        raise Refusal(400, "ExcessHeaderValues", "x-amz- and x-goog- headers may not be mixed")
    kind, _, rest = (request.header("authorization") or "").partition(" ")
    request.dialect = "goog" if goog or kind in ("Bearer", "GOOG4-HMAC-SHA256") else "amz"
    request.auth = kind or "none"
    if len([1 for name, _ in request.headers if name == "authorization"]) > 1:
        raise Refusal(400, "InvalidArgument", "only one Authorization header")
    if kind == "Bearer":
        if world.tokens.get(rest, 0) <= world.now_s():
            raise Refusal(401, "AuthenticationRequired", "Authentication required.")
    elif kind in DIALECTS:
        payload = check_signature(world, request, kind, rest.strip())
        request.payload = None if payload == "UNSIGNED-PAYLOAD" else payload
    elif not world.settings["anonymous"]:
        raise Refusal(403, "AccessDenied", "Access Denied" if not kind else "this way to prove who you are is not known")
