"""Faults on demand, for tests/stores/fault_store.py: which request meets which one. A fault has
kind      one of KINDS
verb      comma list of head get put delete list parts_open part parts_list parts_close parts_drop probe token; "" any
key       glob on the object's name; "" any
after     so many matching requests pass first (0)
count     so many are met (1); -1 all
chance    of those, with a generator of its own: 0..1 (1), seed (1)
and whatever its kind reads."""
import fnmatch
import random

KINDS = {
    # in place of an answer of its own; `early=1`: before the body was read, then the connection is closed
    "slowdown": "503 SlowDown; retry_after=seconds",
    "error": "status=500, code=InternalError: any answer",
    "conflict": "409 ConditionalRequestConflict",
    "many": "429 TooManyRequests",
    "expired": "403 ExpiredToken",
    "denied": "403 AccessDenied",
    "no_bucket": "404 NoSuchBucket",
    "skewed": "403 RequestTimeTooSkewed; by_s=seconds that ServerTime is off",
    "wrong_region": "the answer to a wrong region (settings region_error, region_hint), whatever was signed",
    "not_implemented": "501 NotImplemented",
    "html": "status=502: a page for people",
    "huge": "status=503: an error of mb=64 MiB of XML",
    "broken_xml": "status=200: XML that ends in the middle",
    # the connection
    "refuse": "reset as soon as it is accepted",
    "rst_request": "reset when at=65536 bytes of the body have come (or all of it)",
    "rst_answer": "handled; reset in the middle of the answer",
    "lost": "handled; closed without an answer",
    "stall": "handled; no answer ever",
    "stall_before": "never handled, no answer ever",
    "stall_answer": "handled; half an answer, then nothing",
    "short_answer": "the connection closes before content-length bytes have come",
    "slow": "the answer's body at bytes_per_s=1000",
    # what is stored
    "corrupt": "one byte of what was stored is flipped; resum=1: the store's own sums are of the flipped bytes",
    "truncate": "what was stored loses its end: cut=1 bytes; resum=1",
    "metadata_dropped": "the object's metadata is lost",
    "twice": "handled twice",
    "exists": "somebody else has just put another object under the name",
    "vanish_object": "the object has just been deleted by somebody else",
    "vanish_upload": "the multipart upload is just not there any more",
    "error_200": "200 with an <Error> body; done=1: although it was done",
    # what is answered
    "wrong_sum": "checksums answered are of other bytes",
    "no_sum": "no checksums are answered",
    "wrong_size": "HEAD and lists say one byte more",
    "flip_answer": "a byte of a GET's body is flipped on the way",
    "stale_list": "lists as when this fault was asked for",
    # the process `pid`, or that of the file `pidfile`, gets SIGKILL
    "kill_before": "before the request is handled",
    "kill_body": "when at=65536 bytes of the body have come",
    "kill_stored": "after it was handled, before the answer",
    "kill_after": "delay_ms=0 after the answer was sent",
}


class Fault:
    def __init__(self, number, values, objects):
        self.number, self.values = number, values
        self.kind = values["kind"]
        if self.kind not in KINDS:
            raise ValueError(f"no fault {self.kind}; there are: {' '.join(KINDS)}")
        self.verbs = [v for v in values.get("verb", "").split(",") if v]
        self.key = values.get("key", "")
        self.after, self.left = int(values.get("after", 0)), int(values.get("count", 1))
        self.chance, self.dice = float(values.get("chance", 1)), random.Random(int(values.get("seed", 1)))
        self.seen, self.hits = 0, 0
        self.objects = objects  # what there was when it was asked for, for stale lists

    def number_of(self, name, otherwise):
        return int(self.values.get(name, otherwise))

    def meets(self, verb, key):
        if self.left == 0 or (self.verbs and verb not in self.verbs):
            return False
        if self.key and not fnmatch.fnmatchcase(key or "", self.key):
            return False
        self.seen += 1
        if self.seen <= self.after or (self.chance < 1 and self.dice.random() >= self.chance):
            return False
        self.left -= 1 if self.left > 0 else 0
        self.hits += 1
        return True

    def shown(self):
        return {"id": self.number, **{k: v for k, v in self.values.items()}, "seen": self.seen, "hits": self.hits, "left": self.left}


class Met:
    """The faults that one request has met."""

    def __init__(self, faults):
        self.faults = {fault.kind: fault for fault in faults}

    def get(self, *kinds):
        return next((self.faults[kind] for kind in kinds if kind in self.faults), None)

    def names(self):
        return ",".join(self.faults)
