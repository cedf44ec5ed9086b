"""Commands to a store of tests/stores/fault_store.py that runs; its head lists them."""
import hashlib
import http.client
import ssl
import urllib.parse

import fault_objects
from fault_act import spoil


def shown_objects(world):
    return {bucket: {key: {"bytes": len(t.body), "sha256": hashlib.sha256(t.body).hexdigest(), "received_sha256": t.sha256, "crc32c": t.crc32c,
                           "metadata": t.metadata, "content_type": t.content_type, "sums": t.sums, "parts": t.from_parts, "generation": t.generation}
                     for key, t in sorted(things.items())} for bucket, things in world.buckets.items()}


def control_object(world, command, values):
    things = world.buckets[values.get("bucket") or next(iter(world.buckets))]
    if command == "plant":
        body = values["text"].encode()
        things[values["key"]] = fault_objects.Thing(body, {}, "text/plain", fault_objects.etag_of(world, body), {}, False)
    elif command == "delete":
        things.pop(values["key"])
    elif command == "body":
        return things[values["key"]].body
    else:
        spoil(things[values["key"]], "truncate" if command == "truncate" else "corrupt", 1, values.get("resum") == "1")
    return {}


def control(world, command, values):
    if command == "fault":
        return {"fault": world.add_fault(values)}
    with world.lock:
        if command in ("body", "delete", "flip", "truncate", "plant"):
            return control_object(world, command, values)
        if command == "set":
            for name, value in values.items():
                world.set(name, value)
        elif command == "bucket":
            if values.get("gone") == "1":
                world.buckets.pop(values["name"])
            else:
                world.buckets.setdefault(values["name"], {})
        elif command == "forget":
            world.tokens.clear()
        elif command in ("clear", "reset"):
            getattr(world, command)()
        elif command == "faults":
            return [fault.shown() for fault in world.faults]
        elif command == "objects":
            return shown_objects(world)
        elif command == "uploads":
            return {name: {"key": u.key[1], "parts": {n: len(p[0]) for n, p in sorted(u.parts.items())}} for name, u in world.uploads.items()}
        elif command == "log":
            return world.log[int(values.get("since", 0)):]
        elif command == "totals":
            return world.totals
        else:
            raise ValueError(f"no command {command}")
    return {}


def ask(port, command, values, tls=None):
    """Bytes of the answer; raises ValueError where the store refuses. tls None: tried without, then with."""
    target = f"/_control/{command}?{urllib.parse.urlencode(values)}"
    for secure in ((False, True) if tls is None else (tls,)):
        context = ssl._create_unverified_context() if secure else None  # it is our own, on loopback
        link = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60) if secure else http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            link.request("POST", target, body=b"")
            answer = link.getresponse()
            said = answer.read()
        except (http.client.HTTPException, ConnectionError, ssl.SSLError):
            if secure or tls is not None:
                raise
            continue
        finally:
            link.close()
        if answer.status != 200:
            raise ValueError(said.decode())
        return said
    return b""
