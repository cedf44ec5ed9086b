"""What the store of tests/stores/fault_store.py holds and how it answers: S3's REST and XML, and the dialect of Google Cloud Storage."""
import base64
import email.utils
import hashlib
import re
import threading
import time
import uuid
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape

import fault_sums
from fault_plan import Fault, Met
from fault_sign import Refusal, encoded

SETTINGS = {
    "vendor": "any",  # gcs: If-None-Match is dropped without a word, region auto is fine
    "region": "us-east-1",
    "region_error": "400",  # 301, 307
    "region_hint": 1,  # whether a refusal says which region it is
    "anonymous": 0,
    "unsigned_payload": 0,
    "session_token": "",
    "clock_offset_s": 0,  # of the store's clock
    "gives_checksums": 1,  # on HEAD and GET, when asked for; most stores that are not the clouds' own do not
    "checksum_headers": "verified",  # ignored, 501, 400
    "conditions": "honoured",  # ignored, 501
    "complete_conditions": "honoured",  # If-None-Match at complete; ignored, 501
    "full_object": 1,  # x-amz-checksum-type FULL_OBJECT is known
    "part_min": 5 << 20,
    "parts_page": 1000,
    "list_page": 1000,
    "token_style": "base64",  # utf8: letters that must be encoded
    "etag": "md5",  # opaque
    "ranges": "honoured",  # ignored: the whole object; suffix_ignored: that of the last bytes only; moved: bytes of another place
    "expires_in": 3600,  # of bearer tokens
    "metadata": 1,  # 0: never kept
    "keeps_alive": 1,
    "continues": 1,  # answers Expect: 100-continue
}


class Thing:
    """An object."""

    def __init__(self, body, metadata, content_type, etag, sums, from_parts):
        self.body, self.metadata, self.content_type, self.etag = body, metadata, content_type, etag
        self.sums = sums  # {"crc32c": text}: what a writer gave and the store had checked; GCS works its crc32c out itself
        self.crc32c = fault_sums.crc32c_text(body)  # the store's own, of what it received
        self.from_parts = from_parts
        self.sha256 = hashlib.sha256(body).hexdigest()
        self.generation = time.time_ns() // 1000
        self.modified_s = time.time()


class Upload:
    def __init__(self, key, metadata, content_type, algorithm, kind):
        self.key, self.metadata, self.content_type, self.algorithm, self.kind = key, metadata, content_type, algorithm, kind
        self.parts = {}  # number -> (body, etag, crc32c text, sha256 text)
        self.begun_s = time.time()


class World:
    def __init__(self):
        self.lock = threading.RLock()
        self.settings = dict(SETTINGS)
        self.keys = {}  # access -> secret
        self.account = None  # the service account's key file
        self.tokens = {}  # bearer -> end
        self.buckets = {}
        self.numbers = 0
        self.changed = threading.Event()  # releases those that stall
        self.clear()
        self.reset()

    def clear(self):
        with self.lock:
            self.faults = []
            self.changed.set()
            self.changed = threading.Event()

    def reset(self):
        with self.lock:
            for bucket in self.buckets:
                self.buckets[bucket] = {}
            self.uploads, self.log, self.opened = {}, [], 0
            self.totals = {"requests": 0, "body_in": 0, "body_out": 0, "connections": 0, "part_bytes_kept": 0}

    def now_s(self):
        return time.time() + int(self.settings["clock_offset_s"])

    def add_fault(self, values):
        with self.lock:
            self.numbers += 1
            objects = {bucket: dict(things) for bucket, things in self.buckets.items()}
            self.faults.append(Fault(self.numbers, values, objects))
            return self.numbers

    def met(self, verb, key):
        with self.lock:
            return Met([fault for fault in self.faults if fault.kind != "refuse" and fault.meets(verb, key)])

    def set(self, name, value):
        kind = type(SETTINGS[name])
        self.settings[name] = kind(value)


class Answer:
    def __init__(self, status, headers=(), body=b"", code=""):
        self.status, self.headers, self.body, self.code = status, list(headers), body, code


def xml(name, inside):
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<{name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inside}</{name}>').encode()


def element(name, value):
    return f"<{name}>{escape(str(value))}</{name}>"


def xml_answer(name, inside, headers=()):
    return Answer(200, [("Content-Type", "application/xml"), *headers], xml(name, inside))


def refusal_answer(request, refusal):
    inside = element("Code", refusal.code) + element("Message", refusal.words) + element("Resource", request.path)
    inside += "".join(element(name, value) for name, value in refusal.members) + element("RequestId", uuid.uuid4().hex[:16].upper())
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inside}</Error>'.encode()
    if request.method == "HEAD" or refusal.status == 304:
        body = b""
    return Answer(refusal.status, [("Content-Type", "application/xml"), *refusal.headers], body, refusal.code)


# ---- what comes with a body ----------------------------------------------------------------------------------------------

def check_payload(request):
    if request.payload is not None and hashlib.sha256(request.body).hexdigest() != request.payload:
        raise Refusal(400, "XAmzContentSHA256Mismatch" if request.dialect == "amz" else "BadDigest", "The provided content sha256 does not match what was computed.")
    wanted = request.header("content-md5")
    if wanted is not None and base64.b64encode(hashlib.md5(request.body).digest()).decode() != wanted:
        raise Refusal(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")


def goog_hashes(request):
    pairs = [piece.strip().partition("=") for name, value in request.headers if name == "x-goog-hash" for piece in value.split(",")]
    return {name: value for name, _, value in pairs}


def checked_sums(world, request, data):
    """Checksums that the request gives of the data, after looking whether they hold."""
    if request.dialect == "goog":
        given, own = goog_hashes(request), {"crc32c": fault_sums.crc32c_text, "md5": lambda d: base64.b64encode(hashlib.md5(d).digest()).decode()}
    else:
        given = {name: value for name in ("crc32c", "sha256") if (value := request.header(f"x-amz-checksum-{name}"))}
        own = {"crc32c": fault_sums.crc32c_text, "sha256": fault_sums.sha256_text}
        if given and world.settings["checksum_headers"] == "501":
            raise Refusal(501, "NotImplemented", "A header you provided implies functionality that is not implemented: x-amz-checksum")
        if given and world.settings["checksum_headers"] == "400":
            raise Refusal(400, "InvalidArgument", "x-amz-checksum-crc32c: unsupported")
        if world.settings["checksum_headers"] == "ignored":
            return {}
        if len(given) > 1:
            raise Refusal(400, "InvalidRequest", "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    for name, value in given.items():
        if name not in own:
            raise Refusal(400, "InvalidArgument", f"{name}: no such sum")
        if own[name](data) != value:
            raise Refusal(400, "BadDigest", f"The {name} you specified did not match the calculated checksum.")
    return given


def metadata_of(world, request):
    prefix = f"x-{request.dialect}-meta-"
    found = {name[len(prefix):]: value for name, value in request.headers if name.startswith(prefix)}
    if sum(len(name) + len(value) for name, value in found.items()) > 2048:
        raise Refusal(400, "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
    return found if world.settings["metadata"] else {}


def check_condition(world, request, things, completing=False):
    """Whether an object may take the name; what a store that cannot say does instead."""
    generation, none_match = request.header("x-goog-if-generation-match"), request.header("if-none-match")
    if completing and generation is not None:
        raise Refusal(400, "InvalidArgument", "completing a multipart upload takes no precondition")
    mode = world.settings["complete_conditions" if completing else "conditions"]
    if none_match is not None and (world.settings["vendor"] == "gcs" or request.dialect == "goog"):
        none_match = None  # dropped without a word
    if generation is None and none_match is None or mode == "ignored":
        return
    if mode == "501":
        raise Refusal(501, "NotImplemented", "A header you provided implies functionality that is not implemented: If-None-Match")
    if none_match not in (None, "*"):
        raise Refusal(501, "NotImplemented", "If-None-Match takes * alone")
    there = things.get(request.key)
    if generation is not None and int(generation) == (there.generation if there else 0):
        return
    if there or generation is not None:
        raise Refusal(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", [("Condition", "If-None-Match")])


def etag_of(world, body):
    return f'"{hashlib.md5(body).hexdigest()}"' if world.settings["etag"] == "md5" else f'"{uuid.uuid4().hex}"'


# ---- objects -------------------------------------------------------------------------------------------------------------

def sum_headers(world, request, thing):
    headers, wrong = [], request.met.get("wrong_sum")
    if request.met.get("no_sum"):
        return []
    if request.dialect == "goog" or world.settings["vendor"] == "gcs":
        sums = {"crc32c": thing.crc32c}
        if not thing.from_parts:
            sums["md5"] = base64.b64encode(hashlib.md5(thing.body).digest()).decode()
        if wrong:
            sums["crc32c"] = fault_sums.crc32c_text(b"of other bytes")
        headers += [("x-goog-hash", f"{name}={value}") for name, value in sums.items()]
        headers += [("x-goog-generation", str(thing.generation)), ("x-goog-metageneration", "1"), ("x-goog-stored-content-length", str(len(thing.body)))]
    elif world.settings["gives_checksums"] and (request.header("x-amz-checksum-mode") or "").upper() == "ENABLED":
        for name, value in thing.sums.items():
            if wrong:
                value = (fault_sums.crc32c_text if name == "crc32c" else fault_sums.sha256_text)(b"of other bytes")
            headers.append((f"x-amz-checksum-{name}", value))
            headers.append(("x-amz-checksum-type", "COMPOSITE" if "-" in value else "FULL_OBJECT"))
    return headers


def thing_headers(world, request, thing):
    headers = [("ETag", thing.etag), ("Last-Modified", email.utils.formatdate(thing.modified_s, usegmt=True)), ("Content-Type", thing.content_type), ("Accept-Ranges", "bytes")]
    headers += [(f"x-{request.dialect}-meta-{name}", value) for name, value in thing.metadata.items()]
    return headers + sum_headers(world, request, thing)


def find(things, request):
    if request.key not in things:
        raise Refusal(404, "NoSuchKey", "The specified key does not exist.", [("Key", request.key)])
    return things[request.key]


def range_of(text, size):
    """[from, behind) of a Range header, None where it is to be ignored."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", text or "")
    if not match or match.group(0) == "bytes=-":
        return None
    first, last = match.groups()
    begin, end = (max(0, size - int(last)), size) if not first else (int(first), min(size, int(last) + 1) if last else size)
    if begin >= size or begin >= end:
        raise Refusal(416, "InvalidRange", "The requested range is not satisfiable", [("ActualObjectSize", size)], [("Content-Range", f"bytes */{size}")])
    return begin, end


def do_head(world, request, things):
    thing = find(things, request)
    more = 1 if request.met.get("wrong_size") else 0
    return Answer(200, [*thing_headers(world, request, thing), ("Content-Length", str(len(thing.body) + more))])


def do_get(world, request, things):
    thing = find(things, request)
    wanted = request.header("if-match")
    if wanted not in (None, "*", thing.etag):
        raise Refusal(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold", [("Condition", "If-Match")])
    part, ranges = range_of(request.header("range"), len(thing.body)), world.settings["ranges"]
    if ranges == "ignored" or (ranges == "suffix_ignored" and (request.header("range") or "").startswith("bytes=-")):
        part = None
    body = thing.body if part is None else thing.body[slice(*part)]
    if ranges == "moved" and part is not None:
        body = (thing.body[part[0] // 2:] * 2)[:len(body)]
    if request.met.get("flip_answer") and body:
        body = body[:len(body) // 2] + bytes([body[len(body) // 2] ^ 1]) + body[len(body) // 2 + 1:]
    headers = thing_headers(world, request, thing)
    if part is None:
        return Answer(200, headers, body)
    headers = [pair for pair in headers if not pair[0].startswith("x-amz-checksum-")]  # S3 gives a sum of the whole with the whole alone
    return Answer(206, [*headers, ("Content-Range", f"bytes {part[0]}-{part[1] - 1}/{len(thing.body)}")], body)


def do_put(world, request, things):
    if request.header("x-amz-copy-source") or request.header("x-goog-copy-source"):
        raise Refusal(501, "NotImplemented", "no copies inside the store")
    check_payload(request)
    sums = checked_sums(world, request, request.body)
    check_condition(world, request, things)
    thing = Thing(request.body, metadata_of(world, request), request.header("content-type") or "binary/octet-stream", etag_of(world, request.body),
                  {} if request.dialect == "goog" else sums, False)
    things[request.key] = thing
    back = sum_headers(world, request, thing) if request.dialect == "goog" else [(f"x-amz-checksum-{name}", value) for name, value in sums.items()]
    return Answer(200, [("ETag", thing.etag), *back])


def do_delete(world, request, things):
    if request.key not in things and request.dialect == "goog":
        raise Refusal(404, "NoSuchKey", "The specified key does not exist.")
    things.pop(request.key, None)
    return Answer(204)


# ---- multipart -----------------------------------------------------------------------------------------------------------

def find_upload(world, request):
    upload = world.uploads.get(request.argument("uploadId"))
    if upload is None or upload.key != (request.bucket, request.key):
        raise Refusal(404, "NoSuchUpload", "The specified multipart upload does not exist. The upload ID might be invalid, or the multipart upload might have been aborted or completed.")
    return upload


def do_parts_open(world, request, things):
    algorithm, kind = request.header("x-amz-checksum-algorithm"), request.header("x-amz-checksum-type")
    mode = world.settings["checksum_headers"]
    if (algorithm or kind) and mode in ("501", "400"):
        raise Refusal(int(mode), "NotImplemented" if mode == "501" else "InvalidArgument", "x-amz-checksum-algorithm is not known here")
    if mode == "ignored":
        algorithm = kind = None
    if algorithm not in (None, "CRC32C", "SHA256"):
        raise Refusal(400, "InvalidRequest", "Checksum algorithm provided is unsupported.")
    if kind == "FULL_OBJECT" and not world.settings["full_object"]:
        raise Refusal(501, "NotImplemented", "x-amz-checksum-type FULL_OBJECT is not known here")
    if kind == "FULL_OBJECT" and algorithm != "CRC32C":
        raise Refusal(400, "InvalidRequest", "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm.")
    world.opened += 1
    name = f"{uuid.uuid4().hex}.{world.opened}~_-"
    world.uploads[name] = Upload((request.bucket, request.key), metadata_of(world, request), request.header("content-type") or "binary/octet-stream",
                                 algorithm, kind or ("COMPOSITE" if algorithm else None))
    back = [("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", kind or "COMPOSITE")] if algorithm else []
    return xml_answer("InitiateMultipartUploadResult", element("Bucket", request.bucket) + element("Key", request.key) + element("UploadId", name), back)


def do_part(world, request, things):
    upload = find_upload(world, request)
    number = int(request.argument("partNumber"))
    if not 1 <= number <= 10000:
        raise Refusal(400, "InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive")
    check_payload(request)
    sums = checked_sums(world, request, request.body)
    etag = f'"{hashlib.md5(request.body).hexdigest()}"'
    upload.parts[number] = (request.body, etag, fault_sums.crc32c_text(request.body), fault_sums.sha256_text(request.body))
    world.totals["part_bytes_kept"] += len(request.body)
    name = "x-goog-hash" if request.dialect == "goog" else None
    back = [(name, f"crc32c={upload.parts[number][2]}")] if name else [(f"x-amz-checksum-{n}", v) for n, v in sums.items()]
    return Answer(200, [("ETag", etag), *back])


def do_parts_list(world, request, things):
    upload = find_upload(world, request)
    after, most = int(request.argument("part-number-marker") or 0), min(int(request.argument("max-parts") or 1000), int(world.settings["parts_page"]))
    numbers = sorted(n for n in upload.parts if n > after)
    inside = element("Bucket", request.bucket) + element("Key", request.key) + element("UploadId", request.argument("uploadId"))
    inside += element("PartNumberMarker", after) + element("MaxParts", most) + element("IsTruncated", "true" if len(numbers) > most else "false")
    if len(numbers) > most:
        inside += element("NextPartNumberMarker", numbers[most - 1])
    for number in numbers[:most]:
        body, etag, crc32c, _ = upload.parts[number]
        inside += f"<Part>{element('PartNumber', number)}{element('LastModified', '2026-01-01T00:00:00.000Z')}{element('ETag', etag)}{element('Size', len(body))}"
        inside += (element("ChecksumCRC32C", crc32c) if upload.algorithm == "CRC32C" else "") + "</Part>"
    return xml_answer("ListPartsResult", inside)


def listed_parts(request):
    """[(number, etag, checksums)] of the body of a completion."""
    try:
        root = ElementTree.fromstring(request.body)
    except ElementTree.ParseError:
        raise Refusal(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema") from None
    found = []
    for part in root:
        fields = {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in part}
        found.append((int(fields["PartNumber"]), '"' + fields["ETag"].strip('"') + '"', fields))
    if not found or root.tag.rpartition("}")[2] != "CompleteMultipartUpload":
        raise Refusal(400, "MalformedXML", "You must specify at least one part")
    return found


def check_parts(world, upload, listed):
    numbers = [number for number, _, _ in listed]
    if numbers != sorted(set(numbers)):
        raise Refusal(400, "InvalidPartOrder", "The list of parts was not in ascending order.")
    for number, etag, fields in listed:
        if number not in upload.parts or upload.parts[number][1] != etag:
            raise Refusal(400, "InvalidPart", "One or more of the specified parts could not be found.", [("PartNumber", number)])
        given = fields.get("ChecksumCRC32C")
        if given not in (None, upload.parts[number][2]) or (upload.kind == "COMPOSITE" and upload.algorithm == "CRC32C" and given is None):
            raise Refusal(400, "InvalidPart", "The part's checksum is missing or not that of the part.", [("PartNumber", number)])
    for number, etag, _ in listed[:-1]:
        if len(upload.parts[number][0]) < int(world.settings["part_min"]):
            raise Refusal(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", [("PartNumber", number), ("ETag", etag)])


def sums_of_parts(world, request, upload, listed, body):
    if upload.algorithm is None or request.dialect == "goog":
        if request.dialect == "goog":
            checked_sums(world, request, body)
        return {}
    if upload.kind == "FULL_OBJECT":
        checked_sums(world, request, body)
        return {"crc32c": fault_sums.crc32c_text(body)}
    index, name = (2, "crc32c") if upload.algorithm == "CRC32C" else (3, "sha256")
    joined = b"".join(base64.b64decode(upload.parts[number][index]) for number, _, _ in listed)
    return {name: (fault_sums.crc32c_text if index == 2 else fault_sums.sha256_text)(joined) + f"-{len(listed)}"}


def do_parts_close(world, request, things):
    upload = find_upload(world, request)
    check_payload(request)
    listed = listed_parts(request)
    check_parts(world, upload, listed)
    check_condition(world, request, things, completing=True)
    pieces = [upload.parts[number][0] for number, _, _ in listed]
    body = b"".join(pieces)
    fault_sums.learn_whole(pieces, body)
    wanted = request.header("x-amz-mp-object-size")
    if wanted is not None and int(wanted) != len(body):
        raise Refusal(400, "InvalidRequest", "The provided 'x-amz-mp-object-size' header value does not match what was computed")
    sums = sums_of_parts(world, request, upload, listed, body)
    digests = b"".join(bytes.fromhex(upload.parts[number][1].strip('"')) for number, _, _ in listed)
    thing = Thing(body, upload.metadata, upload.content_type, f'"{hashlib.md5(digests).hexdigest()}-{len(listed)}"', sums, True)
    things[request.key] = thing
    world.uploads.pop(request.argument("uploadId"))
    inside = element("Location", f"http://store/{encoded(request.key.encode(), b'/')}") + element("Bucket", request.bucket) + element("Key", request.key) + element("ETag", thing.etag)
    inside += "".join(element("ChecksumCRC32C" if name == "crc32c" else "ChecksumSHA256", value) for name, value in sums.items())
    back = [("x-goog-hash", f"crc32c={thing.crc32c}"), ("x-goog-generation", str(thing.generation))] if request.dialect == "goog" else []
    return xml_answer("CompleteMultipartUploadResult", inside, back)


def do_parts_drop(world, request, things):
    find_upload(world, request)
    world.uploads.pop(request.argument("uploadId"))
    return Answer(204)


# ---- lists ---------------------------------------------------------------------------------------------------------------

def token_of(world, key):
    text = base64.b64encode(key.encode()).decode()
    return f"é+ /&={text}" if world.settings["token_style"] == "utf8" else f"1+/{text}=="


def key_of(world, token):
    head = "é+ /&=" if world.settings["token_style"] == "utf8" else "1+/"
    tail = "" if world.settings["token_style"] == "utf8" else "=="
    if not token.startswith(head) or not token.endswith(tail):
        raise Refusal(400, "InvalidArgument", "The continuation token provided is incorrect", [("ArgumentName", "continuation-token")])
    return base64.b64decode(token[len(head):len(token) - len(tail)]).decode()


def list_page(things, prefix, delimiter, after, most):
    """([(name, thing or None for what the delimiter cut off)], whether there is more)."""
    found, last = [], None
    for key in sorted(things, key=str.encode):
        if not key.startswith(prefix):
            continue
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        name = key if at < 0 else key[:at + len(delimiter)]
        if name == last or name.encode() <= after.encode() or (at >= 0 and after.startswith(name)):
            continue
        if len(found) == most:
            return found, True
        found.append((name, things[key] if at < 0 else None))
        last = name
    return found, False


def do_list(world, request, things):
    if request.argument("list-type") != "2":
        raise Refusal(400, "InvalidArgument", "only list-type=2 here")
    stale = request.met.get("stale_list")
    things = stale.objects.get(request.bucket, {}) if stale else things
    prefix, delimiter, token = request.argument("prefix") or "", request.argument("delimiter") or "", request.argument("continuation-token")
    after = key_of(world, token) if token is not None else request.argument("start-after") or ""
    most = min(int(request.argument("max-keys") or 1000), int(world.settings["list_page"]))
    names, more = list_page(things, prefix, delimiter, after, most)
    url = request.argument("encoding-type") == "url"
    if request.argument("encoding-type") not in (None, "url"):
        raise Refusal(400, "InvalidArgument", "Invalid Encoding Method specified in Request")

    def shown(name):
        return encoded(name.encode(), b"/") if url else name
    inside = element("Name", request.bucket) + element("Prefix", shown(prefix)) + element("KeyCount", len(names)) + element("MaxKeys", most)
    inside += (element("Delimiter", shown(delimiter)) if delimiter else "") + (element("EncodingType", "url") if url else "")
    inside += element("IsTruncated", "true" if more else "false") + (element("NextContinuationToken", token_of(world, names[-1][0])) if more and names else "")
    wrong = 1 if request.met.get("wrong_size") else 0
    for name, thing in names:
        if thing is None:
            inside += f"<CommonPrefixes>{element('Prefix', shown(name))}</CommonPrefixes>"
        else:
            inside += f"<Contents>{element('Key', shown(name))}{element('LastModified', '2026-01-01T00:00:00.000Z')}{element('ETag', thing.etag)}"
            inside += f"{element('Size', len(thing.body) + wrong)}{element('StorageClass', 'STANDARD')}</Contents>"
    return xml_answer("ListBucketResult", inside)


def do_probe(world, request, things):
    return Answer(200, [("x-amz-bucket-region", world.settings["region"])])


DOES = {"head": do_head, "get": do_get, "put": do_put, "delete": do_delete, "list": do_list, "parts_open": do_parts_open, "part": do_part,
        "parts_list": do_parts_list, "parts_close": do_parts_close, "parts_drop": do_parts_drop, "probe": do_probe}


def verb_of(request):
    """The operation by name, None for what this store does not have."""
    names = {name for name, _ in request.arguments}
    if not request.key:
        if request.method == "GET" and names & {"list-type", "prefix"} or request.method == "GET" and not names:
            return "list"
        return "probe" if request.method == "HEAD" and not names else None
    if "uploadId" in names:
        if request.method == "PUT" and "partNumber" in names:
            return "part"
        return {"GET": "parts_list", "POST": "parts_close", "DELETE": "parts_drop"}.get(request.method)
    if names == {"uploads"} and request.method == "POST":
        return "parts_open"
    return {"GET": "get", "HEAD": "head", "PUT": "put", "DELETE": "delete"}.get(request.method) if not names else None


def handle(world, request):
    """The answer of a store that means well."""
    if request.bucket not in world.buckets:
        raise Refusal(404, "NoSuchBucket", "The specified bucket does not exist", [("BucketName", request.bucket)])
    if request.verb is None:
        raise Refusal(501, "NotImplemented", "this store has no such thing")
    if len(request.key.encode()) > 1024:
        raise Refusal(400, "KeyTooLongError", "Your key is too long")
    if request.method in ("PUT", "POST") and request.header("content-length") is None:
        raise Refusal(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")
    return DOES[request.verb](world, request, world.buckets[request.bucket])
