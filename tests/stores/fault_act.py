"""What the faults of fault_plan.py do to a request, and the tokens of a service account. For tests/stores/fault_store.py."""
import json
import os
import secrets
import signal
import time
import urllib.parse
from pathlib import Path

import fault_objects
import fault_sums
from fault_objects import Answer, refusal_answer
from fault_sign import Refusal, wrong_region


def kill(fault):
    pid = fault.values.get("pid") or Path(fault.values["pidfile"]).read_text()
    try:
        os.kill(int(pid), signal.SIGKILL)
    except ProcessLookupError:
        pass


def failed_200(request):
    return refusal_answer(request, Refusal(200, "InternalError", "We encountered an internal error. Please try again."))


def instead(world, request):
    """The answer of a fault that stands in place of the store's own, or None."""
    met = request.met

    def says(status, code, words="", members=(), headers=()):
        return refusal_answer(request, Refusal(status, code, words, members, headers))
    if fault := met.get("slowdown"):
        after = fault.values.get("retry_after")
        return says(503, "SlowDown", "Please reduce your request rate.", (), [("Retry-After", after)] if after else [])
    if fault := met.get("error"):
        status = fault.number_of("status", 500)
        return says(status, fault.values.get("code", "InternalError"), "We encountered an internal error. Please try again.")
    if met.get("conflict"):
        return says(409, "ConditionalRequestConflict", "The conditional request cannot succeed due to a conflicting operation against this resource.")
    if met.get("many"):
        return says(429, "TooManyRequests", "slower")
    if met.get("expired"):
        return says(403, "ExpiredToken", "The provided token has expired.")
    if met.get("denied"):
        return says(403, "AccessDenied", "Access Denied")
    if met.get("no_bucket"):
        return says(404, "NoSuchBucket", "The specified bucket does not exist", [("BucketName", request.bucket)])
    if fault := met.get("skewed"):
        at_s = world.now_s() + fault.number_of("by_s", 0)
        return says(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.",
                    [("ServerTime", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_s)))])
    if met.get("wrong_region"):
        return refusal_answer(request, wrong_region(world, ["", "?"]))
    if met.get("not_implemented"):
        return says(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
    return instead_of_xml(request)


def instead_of_xml(request):
    met, head = request.met, request.method == "HEAD"
    if fault := met.get("html"):
        page = b"<!DOCTYPE html><html><head><title>Bad Gateway</title><meta charset=utf-8><body>" + b"<p>&nbsp;please wait<br>" * 200
        return Answer(fault.number_of("status", 502), [("Content-Type", "text/html")], b"" if head else page, "html")
    if fault := met.get("huge"):
        page = b"<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>" + b"<a>x</a>" * (fault.number_of("mb", 64) << 17) + b"</Message></Error>"
        return Answer(fault.number_of("status", 503), [("Content-Type", "application/xml")], b"" if head else page, "huge")
    if fault := met.get("broken_xml"):
        page = b'<?xml version="1.0" encoding="UTF-8"?><Result><Key>a&amp;b</Key><UploadId>12'
        return Answer(fault.number_of("status", 200), [("Content-Type", "application/xml")], b"" if head else page, "broken")
    if (fault := met.get("error_200")) and fault.values.get("done") != "1":
        return failed_200(request)
    return None


def before_handling(world, request):
    things, met = world.buckets.get(request.bucket, {}), request.met
    if met.get("exists"):
        body = b"somebody else was here"
        things[request.key] = fault_objects.Thing(body, {}, "text/plain", fault_objects.etag_of(world, body), {}, False)
    if met.get("vanish_object"):
        things.pop(request.key, None)
    if met.get("vanish_upload"):
        world.uploads.pop(request.argument("uploadId"), None)


def spoil(thing, how, cut, resum):
    """The bytes change behind the store's back; with resum it has looked at them again since."""
    at = len(thing.body) // 2
    thing.body = thing.body[:-cut] if how == "truncate" else thing.body[:at] + bytes([thing.body[at] ^ 0x10]) + thing.body[at + 1:]
    if resum:
        thing.crc32c = fault_sums.crc32c_text(thing.body)
        own = {"crc32c": fault_sums.crc32c_text, "sha256": fault_sums.sha256_text}
        thing.sums = {name: value if "-" in value else own[name](thing.body) for name, value in thing.sums.items()}


def after_handling(world, request):
    things, met = world.buckets.get(request.bucket, {}), request.met
    fault = met.get("corrupt", "truncate")
    if fault and request.verb == "part":
        upload = world.uploads[request.argument("uploadId")]
        number = int(request.argument("partNumber"))
        body, *rest = upload.parts[number]
        upload.parts[number] = (body[:-1] if fault.kind == "truncate" else bytes([body[0] ^ 1]) + body[1:], *rest)
    elif fault and request.key in things:
        spoil(things[request.key], fault.kind, fault.number_of("cut", 1), fault.values.get("resum") == "1")
    if met.get("metadata_dropped") and request.key in things:
        things[request.key].metadata = {}


# ---- tokens of a service account -----------------------------------------------------------------------------------------

def give_token(world, request):
    def says(status, code, **more):
        return Answer(status, [("Content-Type", "application/json; charset=UTF-8")], json.dumps(more, indent=2).encode(), code)
    form = dict(urllib.parse.parse_qsl(request.body.decode("latin-1")))
    if request.method != "POST" or (request.header("content-type") or "").partition(";")[0] != "application/x-www-form-urlencoded":
        return says(400, "invalid_request", error="invalid_request", error_description="a form is posted here")
    if form.get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" or "assertion" not in form:
        return says(400, "unsupported_grant_type", error="unsupported_grant_type", error_description="Invalid grant_type")
    if world.account is None:
        return says(401, "invalid_client", error="invalid_client", error_description="The OAuth client was not found.")
    wrong = fault_sums.judge_assertion(form["assertion"], world.account, world.now_s())
    if wrong:
        return says(400, "invalid_grant", error="invalid_grant", error_description=wrong)
    token = "ya29.c." + secrets.token_urlsafe(180)
    world.tokens[token] = world.now_s() + int(world.settings["expires_in"])
    return says(200, "", access_token=token, expires_in=int(world.settings["expires_in"]), token_type="Bearer")
