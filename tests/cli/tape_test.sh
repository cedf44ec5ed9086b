#!/usr/bin/env bash
# The companion as its users meet it: help, mistakes, listing, printing, verifying. The data directory is made by the
# recorder's own writer (tests/unit/lake/segments.h), so what is printed is known to the byte.
set -u
source "$(dirname "$0")/../check.sh"
source "$(dirname "$0")/said.sh"
out=${TAPEDECK_OUT:-$PWD/out}
tape=${TAPE:-$out/host/tape}
fixture=${TAPE_FIXTURE_PROGRAM:-$out/host-asan/unit/lake/verify_test}
if [ ! -x "$tape" ] || [ ! -x "$fixture" ]; then
    skip "tape or its fixture is not built ($tape, $fixture)"
    check_done
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
data=$dir/data
mkdir "$data"
unset DATA_ROOT

# prints "claim" <<EOF: standard output of the last command is exactly this.
prints() {
    cat >"$dir/want"
    check "$1" cmp "$dir/want" "$dir/out" || diff "$dir/want" "$dir/out" | head -n 10
}

# ---- help and mistakes ----
gives 0 "help" "$tape" --help
shows "exit codes: 0 fine, 1 found problems, 2 usage, 3 configuration, 4 network, 5 disk, 6 corrupt data"
for verb in ls cat verify gaps journal; do
    gives 0 "$verb has help" "$tape" $verb --help
    shows "example:"
done
gives 0 "version" "$tape" --version
check "version is one line that begins with tape" grep -qE '^tape [0-9]+\.[0-9]+\.[0-9]+ \(build .+\)$' "$dir/out"
gives 2 "no verb" "$tape"
gives 2 "unknown verb" "$tape" verfy
says "Did you mean \`tape verify\`?"
gives 2 "unknown option" "$tape" cat --colums price "$data"
says "Did you mean --columns?"
gives 2 "option without its value" "$tape" cat --limit
gives 2 "bad count" "$tape" cat --limit many "$data"
gives 2 "bad time" "$tape" cat --from yesterday "$data"
says "2026-09-21T04:00:00Z"
gives 2 "bad format" "$tape" cat --format xml "$data"
gives 2 "cat without a path" "$tape" cat
gives 5 "a path that is not there" "$tape" verify "$dir/nowhere"
says "No such file or directory"
gives 1 "nothing to print" "$tape" cat "$data"

# ---- the fixture ----
check "the recorder's writer makes the data directory" env TAPE_FIXTURE="$data" "$fixture" fixture

gives 0 "ls" "$tape" ls "$data"
shows "trades: 2 segments, 100 rows"
shows "book: 2 segments, 300 rows"
check "every segment is ok" [ "$(grep -c ' ok$' "$dir/out")" = 6 ]
gives 0 "ls of the folder in DATA_ROOT" env DATA_ROOT="$data" "$tape" ls
shows "gaps: 1 segments, 1 rows"
gives 0 "ls --json" "$tape" ls "$data/ready/trades" --json
shows '"symbol": "BTC-USD", "hour": "2026-09-21T04", "state": "ok"'
shows '"totals": {"trades": {"segments": 2, "rows": 100,'

columns=ts_recv,trade_id,side,side_raw,price,size,fills
gives 0 "csv" "$tape" cat "$data" --table trades --columns $columns --limit 2 --format csv
prints "csv is exact, quoted, null is empty" <<'END'
ts_recv,trade_id,side,side_raw,price,size,fills
2026-09-21T04:59:58.030000Z,900000003,buy,buy,64123.45,0.00000004,
2026-09-21T04:59:58.060000Z,900000006,sell,"s,""e
ll",64123.45,0.00000007,
END
gives 0 "jsonl" "$tape" cat "$data" --table trades --columns $columns --limit 2 --format jsonl
prints "jsonl is exact, null is null" <<'END'
{"ts_recv":"2026-09-21T04:59:58.030000Z","trade_id":900000003,"side":"buy","side_raw":"buy","price":64123.45,"size":0.00000004,"fills":null}
{"ts_recv":"2026-09-21T04:59:58.060000Z","trade_id":900000006,"side":"sell","side_raw":"s,\"e\u000all","price":64123.45,"size":0.00000007,"fills":null}
END
gives 0 "text" "$tape" cat "$data" --table trades --columns side,side_raw,price --limit=2
prints "text hides control characters" <<'END'
side     side_raw          price
buy      buy            64123.45
sell     s,"e\x0all       64123.45
END
gives 0 "a price beyond 2^52 steps" "$tape" cat "$data" --table book --columns price,price_text --from 2026-09-21T04:59:58.07Z \
    --to 2026-09-21T04:59:58.08Z --format csv
prints "its digits are the venue's" <<'END'
price,price_text
12345678912345.67890123,12345678912345.67890123
END
gives 0 "exact jsonl" "$tape" cat "$data" --table trades --columns price,size --limit 1 --format jsonl --exact
prints "exact jsonl quotes numbers" <<'END'
{"price":"64123.45","size":"0.00000004"}
END
gives 0 "both hours" "$tape" cat "$data" --table book --columns frame --format csv
check "rows of all files, one header" [ "$(wc -l <"$dir/out")" = 301 ]
check "in path order" cmp <(seq 1 300) <(tail -n +2 "$dir/out")
gives 0 "a time range over the hour" "$tape" cat "$data" --table book --columns frame --format csv \
    --from 2026-09-21T04:59:59.98Z --to 1789966800.02
prints "from is in, to is out" <<'END'
frame
198
199
200
201
END
gives 1 "a symbol that is not there" "$tape" cat "$data" --symbol ETH-USD
gives 2 "a column that is not there" "$tape" cat "$data" --table book --columns prise
says "Did you mean price?"
gives 2 "csv of several tables" "$tape" cat "$data" --format csv
says "--table"
gives 0 "a closed pipe is fine" bash -c "set -o pipefail; '$tape' cat '$data' --columns all | head -n 1"

gives 0 "verify" "$tape" verify "$data"
shows "6 segments, 402 rows"
shows "all fine"
gives 0 "verify --quick" "$tape" verify --quick "$data"
gives 0 "verify --json" "$tape" verify --json "$data"
shows '"segments": 6, "rows": 402'
shows '"ok": true'

# ---- damage ----
segment=$(find "$data/ready/gaps" -name '*.parquet')
cp "$segment" "$dir/kept.parquet"
truncate -s -9 "$segment"
gives 6 "verify of a torn file" "$tape" verify "$data"
shows "unreadable: torn: it does not end with PAR1"
gives 6 "cat of a torn file" "$tape" cat "$segment"
gives 6 "ls of a torn file goes on" "$tape" ls "$data"
shows "unreadable"
shows "trades: 2 segments"
cp "$dir/kept.parquet" "$segment"
printf '\377' | dd of="$segment" bs=1 seek=300 conv=notrunc status=none
gives 6 "verify of a flipped byte" "$tape" verify "$data" --json
shows '"kind": "hash"'
shows '"ok": false'
cp "$dir/kept.parquet" "$segment"
mkdir -p "$data/active/trades"
echo "not finished" >"$data/active/trades/x.parquet"
gives 0 "open files are left alone" "$tape" verify "$data"
shows "1 open ones not looked at"
gives 0 "open files are listed as such" "$tape" ls "$data"
check "as open" grep -qE 'open$' "$dir/out"
rm "$segment"
gives 1 "verify of a lost segment" "$tape" verify "$data"
shows "orphan: receipt without its segment"

# ---- the capture's own digits ----
capture=${TAPEDECK_SHARED:-../shared}/captures/COINBASE.ws.28.zst
if [ -n "${TAPEDECK_PYTHON:-}" ] && [ -f "$capture" ] && [ -x "$out/host/tapedeck" ]; then
    "$out/host/tapedeck" replay --venue coinbase "$capture" --out "$dir/replay" --quiet >/dev/null 2>&1
    gives 0 "verify of a replayed capture" "$tape" verify "$dir/replay"
    gives 0 "its trades" "$tape" cat "$dir/replay" --table trades --format csv --columns symbol,trade_id,price,size
    # The header, then every trade of the wire once: digits as sent, trailing zeros aside.
    check "digits equal the wire's" "$TAPEDECK_PYTHON" - "$capture" "$dir/out" <<'END'
import json, sys
from decimal import Decimal
import pyarrow as pa
def digits(text):
    return format(Decimal(text).normalize(), "f")
want = set()
for line in pa.input_stream(sys.argv[1], compression="zstd").read().decode().split("\n"):
    at = line.find('{"type":')
    message = json.loads(line[at:]) if at >= 0 and ('"match"' in line or '"last_match"' in line) else {}
    if message.get("type") in ("match", "last_match"):
        want.add((message["product_id"], str(message["trade_id"]), digits(message["price"]), digits(message["size"])))
got = {tuple(line.split(",")) for line in open(sys.argv[2]).read().split("\n")[1:] if line}
print(len(want), len(got), sorted(want ^ got)[:5])
sys.exit(not want or want != got)
END
else
    skip "digits against the capture: needs TAPEDECK_PYTHON, the captures and tapedeck"
fi
check_done
