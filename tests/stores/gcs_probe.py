"""Questions to fake-gcs-server: what of GCS's XML dialect it speaks, beside its JSON API. Used by tests/stores/probe."""
import json

import s3

BODY = b"0123456789" * 100
SUM = f"crc32c={s3.crc32c_text(BODY)}"


def rows(servers, folder):
    store = servers.start("fake-gcs", folder)
    try:
        return [(question, answer(Asked(store))) for question, answer in QUESTIONS]
    finally:
        servers.end([process.pid for process in store.processes])


class Asked:
    def __init__(self, store):
        self.store, self.client = store, s3.Client(store.url, store.key, store.secret, "auto", "goog4")

    def path(self, name):
        return f"/{self.store.bucket}/{name}"

    def put(self, name, headers=None, body=BODY):
        return self.client.request("PUT", self.path(name), body=body, headers=headers)

    def get(self, name="", query=(), headers=None):
        return self.client.request("GET", self.path(name).rstrip("/"), query, headers=headers)


def put(asked):
    answer = asked.put("put")
    return f"{answer}: {s3_message(answer)}" if answer.status != 200 else answer


def s3_message(answer):
    return json.loads(answer.body)["error"]["message"] if answer.body.startswith(b"{") else ""


def put_query(asked):
    """As a signed address does; the signature is nobody's."""
    answer = asked.client.request("PUT", asked.path("query"), [("X-Goog-Algorithm", "GOOG4-RSA-SHA256")], BODY)
    return f"{answer}, {'same bytes' if asked.get('query').body == BODY else 'other bytes'}"


def insert(asked, name, body=BODY, query=()):
    path = f"/upload/storage/v1/b/{asked.store.bucket}/o"
    return asked.client.request("POST", path, [("uploadType", "media"), ("name", name), *query], body)


def json_insert(asked):
    sent = insert(asked, "json/one")
    crc = json.loads(sent.body).get("crc32c") if sent.status == 200 else None
    again = insert(asked, "json/one", b"second", [("ifGenerationMatch", "0")])
    return f"{sent}, crc32c {'right' if crc == s3.crc32c_text(BODY) else 'wrong or none'}; ifGenerationMatch=0 on an existing name: {again}"


def get(asked):
    insert(asked, "a=b/\u00e9 x+y")
    got = asked.get("a=b/\u00e9 x+y")
    return "ok" if got.body == BODY else f"{got}"


def head(asked):
    insert(asked, "head")
    answer = asked.client.request("HEAD", asked.path("head"))
    seen = [name for name in ("content-length", "x-goog-hash", "x-goog-generation") if answer.headers.get(name)]
    return f"{answer}: {', '.join(seen)}" + ("; crc32c is right" if SUM in answer.headers.get("x-goog-hash", "") else "")


def listed(asked):
    for number in range(5):
        insert(asked, f"many/{number}")
    found = asked.client.names(asked.store.bucket, "many/", 2)
    return "ok" if found == [f"many/{number}" for number in range(5)] else f"{len(found)} of 5 names"


def listed_once(asked):
    answer = asked.get("", [("list-type", "2"), ("prefix", "many/")])
    text = answer.body.decode()
    return f"{len(s3.tags(text, 'Key'))} of 5 names{', no IsTruncated' if 'IsTruncated' not in text else ''}"


def ranged(asked):
    insert(asked, "range")
    answer = asked.get("range", headers={"range": "bytes=100-199"})
    return f"{answer}, {'right' if answer.body == BODY[100:200] else 'wrong'} bytes"


def parts(asked):
    answer = asked.client.request("POST", asked.path("parts"), [("uploads", "")])
    return f"{answer}: {s3_message(answer)}"


def bucket(asked):
    return f"{asked.client.request('HEAD', '/' + asked.store.bucket)} / {asked.client.request('HEAD', '/no-such-lake')}"


def absent(asked):
    return " / ".join(str(asked.client.request(method, asked.path("absent"))) for method in ("HEAD", "GET", "DELETE"))


def deleted(asked):
    insert(asked, "deleted")
    return str(asked.client.request("DELETE", asked.path("deleted")))


QUESTIONS = [
    ("PUT", put),
    ("PUT with X-Goog-Algorithm in the query, as a signed address has", put_query),
    ("multipart: open", parts),
    ("JSON API: upload", json_insert),
    ("of objects uploaded so: GET of an odd name", get),
    ("HEAD", head),
    ("range in the middle", ranged),
    ("list-type=2, 5 names, 2 a page", listed),
    ("list-type=2, 5 names, 1 page", listed_once),
    ("DELETE", deleted),
    ("HEAD of the bucket: there / absent", bucket),
    ("HEAD / GET / DELETE of an absent name", absent),
]
