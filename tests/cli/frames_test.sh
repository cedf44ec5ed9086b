#!/usr/bin/env bash
# Table frames: what is exported is what was received, byte for byte: recorded traffic of three venues, messages made by hand (long, binary,
# broken), and other readers of the files.
set -u
source "$(dirname "$0")/../check.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${TAPEDECK_OUT:-$root/out}
tapedeck=${TAPEDECK:-$out/host/tapedeck}
tape=${TAPE:-$out/host/tape}
shared=${TAPEDECK_SHARED:-$root/../shared}
python=${TAPEDECK_PYTHON:-python3}
for program in "$tapedeck" "$tape"; do
    [ -x "$program" ] && continue
    skip "$program is not built"
    check_done
done
shared=$(cd "$shared" 2>/dev/null && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

# Capture lines on standard input against the export in the file named: the same payloads in the same order.
cat >same.py <<'END'
import base64, json, sys
wanted = []
for line in sys.stdin.buffer.read().split(b"\n"):
    if line:
        at, way, payload = line.split(b"\t", 2)
        if way in b"be":
            payload = base64.b64decode(payload)
        if way != b"o":
            wanted.append((int(at), way == b">", payload))
got = []
for line in open(sys.argv[1], "rb"):
    row = json.loads(line)
    payload = base64.b64decode(row["payload_base64"]) if "payload_base64" in row else row["payload"].encode()
    got.append((row["recv_ns"], row["sent"], payload))
print(len(wanted), "wanted", len(got), "exported")
sys.exit(not wanted or got != wanted)
END

# ---- recorded traffic ----
compare() { # compare VENUE CAPTURE
    "$tapedeck" replay --venue "$1" "$shared/captures/$2" --out "$1" --frames --quiet >/dev/null 2>&1
    check "$1: it is replayed" [ -d "$1/ready/frames" ]
    "$tape" frames "$1" >"$1.ndjson" 2>err
    check "$1: it is exported" [ $? -eq 0 ]
    zstd -dc "$shared/captures/$2" | "$python" same.py "$1.ndjson" >said
    check "$1: the export equals the bytes received" [ $? -eq 0 ] || cat said
    check "$1: every file verifies" "$tape" verify "$1"
}
if [ -d "$shared/captures" ] && command -v zstd >/dev/null; then
    compare coinbase COINBASE.ws.28.zst
    compare binance BINANCE.ws.1.zst
    compare okx OKX.ws.1.zst
else
    skip "recorded traffic: no captures at hand"
fi

# ---- by hand ----
"$python" - <<'END' >hand.capture
import base64, json
ns = 1789963200000000001
def line(way, payload):
    global ns
    ns += 1001
    print(f"{ns}\t{way}\t{payload}")
line("o", "wss://example.invalid")
line(">", '{"type":"subscribe"}')
line("<", '{"type":"snapshot","product_id":"BTC-USD","asks":[["101.5","2"]],"bids":[["100.5","1"]]}')
line("<", '{"type":"subscriptions","channels":[]}')
line("<", "not JSON \\ \"quoted\" \x01 \u00e4\u20ac")
line("b", base64.b64encode(bytes(range(256))).decode())
line("b", base64.b64encode(b"\xff\xfe" * 40000).decode())
line("<", "x" * 16382)
line("<", "x" * 16383)
line("<", json.dumps({"long": "\u00e4" * 3000000}, ensure_ascii=False))
line("<", "")
line("h", 'https://x/products\t[{"id":"BTC-USD"}]')
END
"$tapedeck" replay --venue coinbase hand.capture --out hand --frames --quiet >/dev/null 2>&1
"$tape" frames hand >hand.ndjson 2>err
check "long, binary and broken messages are exported" [ $? -eq 0 ] || cat err
"$python" same.py hand.ndjson <hand.capture >said
check "and are the bytes received" [ $? -eq 0 ] || cat said
check "files with them verify" "$tape" verify hand
"$tape" frames hand --generic >generic.ndjson
check "the view generic has what no table models" "$python" - <<'END'
import json, sys
rows = [json.loads(line) for line in open("generic.ndjson")]
keys = ["collected_at", "capture_ts", "exchange", "symbol", "year", "month", "day", "hour", "type", "method"]
sys.exit(not (len(rows) == 8 and all(list(row)[:10] == keys for row in rows) and
              rows[0]["data_json"] == '{"type":"subscriptions","channels":[]}' and rows[0]["type"] == "ws_text" and
              rows[0]["year"] == 2026 and rows[0]["method"] is None))
END
check "a limit is kept" [ "$("$tape" frames hand --limit 3 | wc -l)" -eq 3 ]
check "another exchange has none" test "$("$tape" frames hand --exchange kraken 2>/dev/null; echo $?)" -eq 1
"$tapedeck" replay --venue coinbase hand.capture --out without --quiet >/dev/null 2>&1
check "frames are off by default" [ ! -e without/ready/frames ]
"$tape" frames without >/dev/null 2>err
check "and that is said" grep -qF "segment.frames = true" err

# ---- other readers ----
if "$python" -c "import pyarrow, duckdb" 2>/dev/null; then
    check "pyarrow and DuckDB read the same bytes" "$python" - <<'END'
import glob, hashlib, sys
import duckdb, pyarrow.parquet as pq
files = sorted(glob.glob("hand/ready/frames/**/*.parquet", recursive=True))
rows = [row for f in files for row in pq.ParquetFile(f).read(columns=["frame", "part", "parts", "payload"]).to_pylist()]
arrow = sum(len(row["payload"]) for row in rows), len(rows), max(row["parts"] for row in rows)
duck = duckdb.sql(f"select sum(octet_length(payload)), count(*), max(parts) from read_parquet({files}, hive_partitioning=false)").fetchall()[0]
print(arrow, duck)
sys.exit(not (files and arrow == tuple(duck) and arrow[2] > 300))
END
else
    skip "other readers: no Python with pyarrow and duckdb"
fi
check_done
