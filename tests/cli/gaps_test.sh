#!/usr/bin/env bash
# `tape gaps` on a ledger that the recorder's writer made (tests/unit/lake/holes_test.c says what is in it): figures, filters, exit
# codes, certificates and what `tape verify` makes of them.
set -u
source "$(dirname "$0")/../check.sh"
source "$(dirname "$0")/said.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${TAPEDECK_OUT:-$root/out}
tape=${TAPE:-$out/host/tape}
fixture=${LEDGER_FIXTURE_PROGRAM:-$out/host-asan/unit/lake/holes_test}
python=${TAPEDECK_PYTHON:-python3}
if [ ! -x "$tape" ] || [ ! -x "$fixture" ]; then
    skip "tape or its fixture is not built ($tape, $fixture)"
    check_done
fi
dir=$(mktemp -d)
data=$dir/data
trap 'rm -rf "$dir"' EXIT
unset DATA_ROOT NO_COLOR

json() { check "json: $1" "$python" -c 'import json, sys; r = json.load(open(sys.argv[2])); sys.exit(not eval(sys.argv[1]))' "$1" "$dir/out"; }

# ---- mistakes ----
gives 0 "help" "$tape" gaps --help
shows "example:"
mkdir "$dir/empty"
gives 5 "a path that is not there" "$tape" gaps "$dir/nowhere"
gives 5 "a folder without segments" "$tape" gaps "$dir/empty"
says "ready/"
gives 2 "a day of no form" "$tape" gaps "$dir/empty" --day 21.9.2026
says "2026-09-21"
gives 2 "a kind that is not" "$tape" gaps "$dir/empty" --kind holes
gives 2 "two folders" "$tape" gaps "$dir/empty" "$dir/empty"
gives 2 "a certificate of no day" "$tape" gaps "$dir/empty" --certificate "$dir/c"
says "--day"
gives 2 "an export from no data directory" "$tape" gaps "$dir/empty" --day 2026-09-21 --export
says "holds no ready/"

# ---- figures ----
check "the recorder's writer makes the data directory" env LEDGER_FIXTURE="$data" "$fixture" fixture
gives 1 "a day" "$tape" gaps "$data" --day 2026-09-21
shows "5 gaps"
check "the crash stands above" grep -qE '^  crash +2026-09-21T04:01:40Z to 2026-09-21T04:06:40Z  5 min 0 s$' "$dir/out"
check "a stream's line" grep -qE '^coinbase +BTC-USD +trades +99\.6411 % +5 min 10 s +17 +12  1 crash, 2 trade_id$' "$dir/out"
# 15-minute cells: the hour's turn of the sequence hole, 03:00, 04:00.
shows "  00 [#######++###+###+$(printf '#%.0s' $(seq 79))] 24"
check "no colour where nobody looks" sh -c "! grep -q $'\033' '$dir/out'"
gives 1 "the folder in DATA_ROOT" env DATA_ROOT="$data" "$tape" gaps --day 2026-09-21
shows "5 gaps"
gives 1 "hour by hour" "$tape" gaps "$data" --day 2026-09-21 --hourly --symbol ETH-USD
check "the hour before midnight" grep -qE '^  2026-09-21T23 +97\.2222 % ' "$dir/out"
check "the hour of the crash" grep -qE '^  2026-09-21T04 +91\.6666 % ' "$dir/out"
gives 1 "what is open" "$tape" gaps "$data" --open
shows "1 gaps"
shows "still open"
gives 0 "no gaps of a kind" "$tape" gaps "$data" --kind oversize
shows "0 gaps"
gives 0 "another exchange is not concerned" "$tape" gaps "$data" --exchange kraken --kind disconnect
gives 1 "json" "$tape" gaps "$data" --day 2026-09-21 --json
json 'len(r["gaps"]) == 5 and all(not g["open"] for g in r["gaps"])'
json '[s["completeness"] for s in r["streams"] if s["symbol"] == "ETH-USD"] == [0.995369]'
json '{(s["exchange"], s["missed"], s["backfilled"]) for s in r["streams"] if s["channel"] == "trades"} == {("coinbase", 17, 12)}'
gives 1 "json by hours" "$tape" gaps "$data" --json --hourly
json 'all(len(s["hours"]) == 26 for s in r["streams"]) and sum(g["open"] for g in r["gaps"]) == 1'
gives 1 "a closed pipe changes nothing" bash -c "set -o pipefail; '$tape' gaps '$data' --json --hourly | head -n 1"

# ---- certificates ----
gives 2 "a day that is not over" "$tape" gaps "$data" --day 2026-09-22 --export
says "its end is not known"
check "leaves nothing behind" [ ! -e "$data/certificates" ]
gives 2 "a day of nothing" "$tape" gaps "$data" --day 2026-09-20 --export
gives 0 "a day" "$tape" gaps "$data" --day 2026-09-21 --export
shows "$data/certificates/exchange=coinbase/date=2026-09-21.json"
shows "$data/certificates/exchange=kraken/date=2026-09-21.json"
certificate=$data/certificates/exchange=coinbase/date=2026-09-21.json
cp "$certificate" "$dir/out"
json 'r["exchange"] == "coinbase" and r["previous"] is None and r["clock_error_max_ns"] == 7000000'
json 'r["streams"][0]["seconds"]["broken"] == 120 and r["streams"][0]["gaps"] == {"crash": 1, "sequence": 1}'
json '[h["kind"] for h in r["holes"]] == ["crash", "disconnect"]'
check "its segments' hashes are the files'" "$python" - "$data" "$certificate" <<'END'
import hashlib, json, sys
segments = json.load(open(sys.argv[2]))["segments"]
bad = [s for s in segments if hashlib.sha256(open(f"{sys.argv[1]}/{s['name']}", "rb").read()).hexdigest() != s["sha256"]]
sys.exit(bool(bad) or len(segments) < 70)
END
gives 0 "into another folder" "$tape" gaps "$data" --day 2026-09-21 --certificate "$dir/other" --exchange coinbase
check "gives the same bytes" cmp "$certificate" "$dir/other/exchange=coinbase/date=2026-09-21.json"
check "of that exchange alone" [ "$(ls "$dir/other")" = exchange=coinbase ]
gives 0 "verify" "$tape" verify "$data"
shows "all fine, 2 certificates"
gives 0 "verify as JSON" "$tape" verify "$data" --json
json 'r["certificates"] == 2 and r["certificates_not_made_again"] == 0 and r["ok"]'
sed -i 's/"completeness": 0.99/"completeness": 1.00/' "$certificate"
gives 6 "a changed ratio" "$tape" verify "$data"
shows "certificate: its bytes are not those it was made with"
gives 1 "is not overwritten" "$tape" gaps "$data" --day 2026-09-21 --export
says "stands already and says otherwise"
cp "$dir/other/exchange=coinbase/date=2026-09-21.json" "$certificate"
segment=$(find "$data/ready/book/exchange=coinbase/symbol=ETH-USD" -path '*day=21/hour=07/*.parquet')
rm "$segment" "${segment%/*}"/_*.json
gives 0 "a carried away segment" "$tape" verify "$data"
shows "(1 by hash and chain alone"

# ---- damage ----
ledger=$(find "$data/ready/gaps/exchange=coinbase/symbol=BTC-USD" -path '*hour=03/*.parquet')
truncate -s -9 "$ledger"
gives 6 "a damaged ledger" "$tape" gaps "$data" --day 2026-09-21
says "$ledger"
shows "3 gaps"
check_done
