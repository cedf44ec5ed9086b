#!/usr/bin/env bash
# ls, cat, verify and gaps on s3:// and gs:// beside the same on a folder: equal rows, few bytes, and the right rows or a clear error whatever
# the store does. The store is tests/stores/fault_store.py on loopback; the data are made by the recorder's own writer.
set -u
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../check.sh"
source "$here/said.sh"
out=${TAPEDECK_OUT:-$PWD/out}
tape=${TAPE:-$out/host/tape}
fixture=${TAPE_FIXTURE_PROGRAM:-$out/host-asan/unit/lake/verify_test}
python=${TAPEDECK_PYTHON:-python3}
if [ ! -x "$tape" ] || [ ! -x "$fixture" ]; then
    skip "tape or its fixture is not built ($tape, $fixture)"
    check_done
fi
dir=$(mktemp -d)
trap 'kill $STORE_PID 2>/dev/null; rm -rf "$dir"' EXIT
data=$dir/data
mkdir "$data" "$dir/home"
check "large segments" env TAPE_FIXTURE="$data" TAPE_FIXTURE_LARGE=1 "$fixture" fixture
coproc STORE { exec "$python" "$here/../stores/fault_store.py" --bucket lake; }
read -r _ port <&"${STORE[0]}"
unset DATA_ROOT
export HOME=$dir/home TMPDIR=$dir
export S3_ENDPOINT=http://127.0.0.1:$port S3_ACCESS_KEY=key S3_SECRET_KEY=secret S3_REGION=us-east-1
at=s3://lake/deck

# store COMMAND [NAME=VALUE]...: one of fault_store.py's commands; the answer is in $dir/asked.
store() {
    local link command=$1 IFS='&'
    shift
    exec {link}<>"/dev/tcp/127.0.0.1/$port"
    printf 'POST /_control/%s?%s HTTP/1.1\r\nHost: store\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' "$command" "$*" >&"$link"
    sed '1,/^\r$/d' <&"$link" | tr '\n' ' ' >"$dir/asked"
    exec {link}>&-
}

# Requests and bytes of bodies that it has answered so far.
totals() {
    store totals
    sed -E 's/.*"requests": *([0-9]+).*"body_out": *([0-9]+).*/\1 \2\n/' "$dir/asked"
}

# like_local "claim" VERB PATH-BELOW [OPTION...]: of the store and of the folder the same output but for the paths, and the same exit code.
# Leaves requests and bytes that the store answered in $requests and $bytes.
like_local() {
    local claim=$1 verb=$2 below=$3 code want before
    shift 3
    "$tape" "$verb" "$data/ready$below" "$@" >"$dir/want" 2>"$dir/want.err"
    want=$?
    read -r -a before < <(totals)
    "$tape" "$verb" "$at/bronze$below" "$@" >"$dir/out" 2>"$dir/err"
    code=$?
    read -r requests bytes < <(totals)
    requests=$((requests - before[0])) bytes=$((bytes - before[1]))
    sed -i "s|$at/bronze|$data/ready|g" "$dir/out"
    check "$claim: exit code $want, not $code" [ $code -eq $want ] || head -n 3 "$dir/err"
    check "$claim: the folder's output" cmp "$dir/want" "$dir/out" || diff "$dir/want" "$dir/out" | head -n 6
}

# after_fault "claim" KIND=... : the same rows although the store does that once.
after_fault() {
    local claim=$1
    shift
    store clear
    store fault "$@" verb=get
    like_local "$claim" cat /book --columns frame,price --format csv
    store faults
    check "$claim: it happened" grep -q '"hits": [1-9]' "$dir/asked"
    store clear
}

# ---- nothing there yet ----
gives 0 "an empty bucket" "$tape" ls s3://lake
shows "no segments"
gives 5 "an absent prefix" "$tape" ls $at
says "$at: "
gives 5 "an absent object" "$tape" cat $at/bronze/x.parquet
says "absent"
gives 2 "no bucket's name" "$tape" ls s3://L/x
says "s3://bucket/folder"

# ---- the same as of a folder ----
check "the deck is carried into the store" "$python" "$here/remote.py" "$port" lake "$data" deck
segment=$(cd "$data/ready" && find book -name '*.parquet' -size +200k)
size=$(stat -c %s "$data/ready/$segment")
check "the segment has a megabyte" [ "$size" -gt 1000000 ]
like_local "ls" ls ""
like_local "ls --json" ls "" --json
like_local "ls of one segment" ls "/$segment"
check "ls of a segment of $size bytes: $bytes are fetched, less than a tenth" [ "$bytes" -lt $((size / 10)) ]
check "by few requests: $requests" [ "$requests" -le 4 ]
like_local "ls --quick of one segment" ls "/$segment" --quick
check "its receipt alone: $bytes bytes" [ "$bytes" -lt 2048 ]
like_local "cat" cat "" --table book --format csv --columns all
like_local "cat in text" cat /trades
like_local "cat by time" cat /book --from 2026-09-21T05:10 --to 2026-09-21T05:10:10 --format jsonl
check "groups of other times are not read: $bytes of $size bytes" [ "$bytes" -lt $((size / 2)) ]
like_local "cat of one column" cat "/$segment" --columns frame --format csv
check "of one column $bytes of $size bytes are fetched" [ "$bytes" -lt $((size / 3)) ]
like_local "cat --limit" cat "/$segment" --limit 20
like_local "cat of all" cat "/$segment" --columns all --format csv
check "all columns by $requests requests, not one a page" [ "$requests" -le 6 ]
check "and each byte once: $bytes of $size" [ "$bytes" -le $((size + 66000)) ]
like_local "verify" verify ""
whole=$(find "$data/ready" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')
check "verify fetches what there is once: $bytes of $whole bytes and a list" [ "$bytes" -lt $((whole + 20000)) ]
like_local "verify --quick" verify "" --quick
like_local "verify --json" verify "" --json
like_local "gaps" gaps ""
gives 0 "a lake is known by bronze/" "$tape" verify $at --verbose
shows "all fine"
says "stores: "
gives 2 "what is derived goes to a folder" "$tape" bars --input $at --channel trades --output s3://lake/bars
says "tape sync"
gives 0 "a store in DATA_ROOT" env DATA_ROOT="$at" "$tape" ls
shows "trades: 2 segments"
for from in "$data" "$at"; do
    gives 0 "bars of $from" "$tape" bars --input="$from" --channel trades --output "$dir/bars/${from:0:2}"
done
check "bars of the store are those of the folder" diff -r "$dir/bars/s3" "$dir/bars/${data:0:2}"
store set list_page=2 token_style=utf8
like_local "lists of many pages" ls "" --quick
store set list_page=1000 token_style=base64

# ---- certificates ----
ledger=${LEDGER_FIXTURE_PROGRAM:-$out/host-asan/unit/lake/holes_test}
if [ -x "$ledger" ]; then
    mkdir "$dir/sure"
    check "a deck with a ledger" env LEDGER_FIXTURE="$dir/sure" "$ledger" fixture
    gives 0 "its certificates" "$tape" gaps "$dir/sure" --day 2026-09-21 --export
    check "both are carried into the store" "$python" "$here/remote.py" "$port" lake "$dir/sure" sure
    gives 0 "verify of the folder" "$tape" verify "$dir/sure"
    cp "$dir/out" "$dir/want"
    gives 0 "verify of the store" "$tape" verify s3://lake/sure
    shows "all fine, 2 certificates"
    check "the same is said" cmp "$dir/want" "$dir/out"
    store flip bucket=lake key=sure/certificates/exchange=kraken/date=2026-09-21.json
    gives 6 "a damaged certificate" "$tape" verify s3://lake/sure
    shows "certificate: its bytes are not those it was made with"
else
    skip "certificates: $ledger is not built"
fi

# ---- damage ----
store flip bucket=lake key="deck/bronze/$segment"
gives 6 "a flipped bit" "$tape" verify "$at/bronze/book"
shows "hash: sha256 is"
store flip bucket=lake key="deck/bronze/$segment"
gives 0 "as it was" "$tape" verify "$at/bronze/book"

# ---- a store that fails ----
after_fault "busy" kind=slowdown
after_fault "an error of the server" kind=error
after_fault "reset in the middle of the answer" kind=rst_answer after=3
after_fault "an answer that ends early" kind=short_answer after=3
after_fault "no answer" kind=lost
store set ranges=suffix_ignored
like_local "the last bytes are not to be had" cat /book --columns frame --format csv
store set ranges=ignored
gives 4 "ranges are ignored" "$tape" cat "$at/bronze/$segment" --columns frame
check "and no row is printed" [ ! -s "$dir/out" ]
store set ranges=moved
gives 6 "bytes of another place" "$tape" cat "$at/bronze/$segment" --columns frame
check "none of them is printed" [ ! -s "$dir/out" ]
store set ranges=honoured
store fault kind=flip_answer verb=get after=1
gives 6 "a flipped bit on the way" "$tape" cat "$at/bronze/$segment" --columns price
says "row group"
"$tape" cat "$data/ready/$segment" --columns price >"$dir/want"
rows=$(wc -l <"$dir/out")
check "rows before it are right, $rows of them" cmp "$dir/out" <(head -n "$rows" "$dir/want")
check "none behind it" [ "$rows" -lt "$(wc -l <"$dir/want")" ]
store clear
store fault kind=exists verb=get key="deck/bronze/$segment" after=1
gives 4 "an object that is replaced meanwhile" "$tape" cat "$at/bronze/$segment" --columns price
check "no row of it is printed" [ "$(wc -l <"$dir/out")" -le 1 ]
store clear

# ---- refusals ----
gives 4 "a wrong key" env S3_SECRET_KEY=wrong-secret "$tape" ls $at
says "denied"
says "S3_ACCESS_KEY"
check "the secret is not said" sh -c "! grep -q wrong-secret '$dir/err' '$dir/out'"
gives 4 "no such bucket" "$tape" ls s3://no-such-bucket/deck
says "no-such-bucket"
gives 4 "nobody listens" env S3_ENDPOINT=http://127.0.0.1:1 "$tape" ls $at
says "network"
gives 3 "half a pair of keys" env -u S3_SECRET_KEY "$tape" ls $at
gives 5 "no room for the copy" env TMPDIR=/nonexistent "$tape" verify "$at/bronze/gaps"

# ---- a name that would speak to the terminal ----
store plant bucket=lake key="evil/x%1B%5D0;own%07.parquet" text=no
gives 6 "a name with control characters" "$tape" cat s3://lake/evil
says 'x\x1b]0;own\x07.parquet'
check "no control character of it is printed" sh -c "! LC_ALL=C grep -q '[[:cntrl:]]' '$dir/err'"
store delete bucket=lake key="evil/x%1B%5D0;own%07.parquet"

# ---- the other dialect ----
"$python" "$here/remote.py" "$port" lake "$data" deck
at=gs://lake/deck
export GCS_ENDPOINT=$S3_ENDPOINT GCS_ACCESS_KEY=key GCS_SECRET_KEY=secret
unset S3_ENDPOINT S3_ACCESS_KEY S3_SECRET_KEY
like_local "ls of gs://" ls ""
like_local "cat of gs://" cat /trades --columns all --format csv
like_local "verify of gs://" verify ""
check_done
