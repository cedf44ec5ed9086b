#!/usr/bin/env bash
# `tape sync` as its users meet it: help, mistakes, a dry run, the first and the second run, filters, statistics, the way back, what goes wrong
# and which exit code says so, stopping, one at a time; first between folders, then with a store (tests/stores/fault_store.py).
set -u
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../check.sh"
source "$here/said.sh"
out=${TAPEDECK_OUT:-$PWD/out}
tape=${TAPE:-$out/host/tape}
fixture=${TAPE_FIXTURE_PROGRAM:-$out/host-asan/unit/lake/verify_test}
python=${TAPEDECK_PYTHON:-python3}
stores=$here/../stores
if [ ! -x "$tape" ] || [ ! -x "$fixture" ]; then
    skip "tape or its fixture is not built ($tape, $fixture)"
    check_done
fi
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
for name in $(env | sed -nE 's/^((S3|AWS|GCS|GOOGLE|STORAGE|TAPEDECK_CONFIG|DATA_ROOT|USE_S3|XDG|SSL_CERT)[A-Z0-9_]*)=.*/\1/p'); do unset "$name"; done
export HOME=$dir/home
mkdir "$HOME" made
TAPE_FIXTURE=$dir/made "$fixture" fixture >/dev/null 2>&1
segments=$(find made/ready -name '*.parquet' | wc -l)
check "the fixture has segments" [ "$segments" -ge 6 ]

# deck NAME: a data folder with these segments and a certificate.
deck() {
    rm -rf "$1"
    cp -r made "$1"
    mkdir -p "$1/certificates/exchange=coinbase"
    echo '{"day": "2026-09-20"}' >"$1/certificates/exchange=coinbase/date=2026-09-20.json"
}
# value KEY: of the JSON that the last command printed.
value() { "$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$dir/out" "$1"; }
# is KEY VALUE: the last command's JSON says so.
is() {
    local got
    got=$(value "$1")
    check "$1 is $2, not $got" [ "$got" = "$2" ]
}
# prints "claim" <<EOF: standard output of the last command is exactly this, but for sizes, times and rates.
prints() {
    cat >"$dir/want"
    sed -E 's/ +[0-9.]+ (B|kB|MB)$/ SIZE/; s/[0-9.]+ (B|kB|MB) out, [0-9.]+ (B|kB|MB) in, in [0-9.]+ s \([0-9.]+ (B|kB|MB)\/s\)/RATE/; s/\([0-9]+ bytes\)/(N bytes)/' "$dir/out" >"$dir/masked"
    check "$1" cmp "$dir/want" "$dir/masked" || diff "$dir/want" "$dir/masked" | head -n 20
}
files() { find "$1" -type f | wc -l; }

# ---- help and mistakes ----
gives 0 "help" "$tape" sync --help
shows "example:"
shows "tape sync --dry-run"
shows "Exit code 0: fine."
gives 0 "the verb is listed" "$tape" --help
shows "carry segments to an object store or a folder and prove them there"
gives 2 "an option that is not there" "$tape" sync --band-width 1M
says "Did you mean --bandwidth?"
gives 2 "a mode that is not there" "$tape" sync --mode always
says "Give once or continuous."
gives 2 "no bandwidth" "$tape" sync --bandwidth fast
gives 2 "no hours" "$tape" sync --quiet-hours night
gives 2 "a place of an unknown kind" "$tape" sync made ftp://host/x
deck data
gives 3 "no destination" "$tape" sync data
says "sync.to in tapedeck.ini"
gives 5 "a source that is not there" "$tape" sync nowhere backup
says "No such file or directory"
gives 2 "into itself" "$tape" sync data data/backup
printf '[sync]\nquiet_hours = night\n' >bad.ini
gives 3 "a configuration that is not sound" "$tape" sync data backup --config bad.ini
says "sync.quiet_hours = night"
printf '[sync]\nsecret_key = hush\n' >bad.ini
gives 3 "a key in the configuration" "$tape" sync data backup --config bad.ini
says "keys stand in the environment or in the file sync.secrets_file"

# ---- folder to folder ----
gives 0 "dry run" "$tape" sync data backup --dry-run --paths 'trades/**'
prints "it says what would be sent" <<'END'
would send bronze/trades/exchange=coinbase/symbol=BTC-USD/year=2026/month=09/day=21/hour=04/test_deck_20260921T045958Z_00001.parquet (N bytes)
would send bronze/trades/exchange=coinbase/symbol=BTC-USD/year=2026/month=09/day=21/hour=05/test_deck_20260921T050000Z_00002.parquet (N bytes)
data -> backup (dry run: nothing was sent, nothing deleted)
  found                    2
  would be sent            2 SIZE
  already there            0
  would be deleted         0
  failed                   0
  RATE
END
check "it wrote nothing" [ ! -e backup ] && check "nor here" [ ! -e data/sync ]
gives 0 "dry run as JSON" "$tape" sync data backup --dry-run --json
is sent $((segments + 1))
check "each is named" [ "$("$python" -c 'import json, sys; print(len([w for w in json.load(open(sys.argv[1]))["would"] if w["would"] == "send" and w["bytes"] > 0]))' "$dir/out")" = $((segments + 1)) ]
gives 0 "some of it" "$tape" sync data backup --paths 'trades/**' --json
is found 2
is sent 2
check "only these are there" [ "$(find backup -name '*.parquet' | wc -l)" = 2 ]
gives 0 "all of it" "$tape" sync data backup
prints "the statistics" <<END
data -> backup
  found            $(printf %9d $((segments + 1)))
  sent             $(printf %9d $((segments - 1))) SIZE
  already there            2
  deleted here             0
  failed                   0
  RATE
END
gives 0 "what is there is sound" "$tape" verify backup/bronze
check "the certificate is there" cmp data/certificates/exchange=coinbase/date=2026-09-20.json backup/certificates/exchange=coinbase/date=2026-09-20.json
check "every segment is marked" [ "$(find data/ready -name '_*.done' | wc -l)" = "$segments" ]
gives 0 "again" "$tape" sync data backup --json
is sent 0
is there $((segments + 1))
is marked_before "$segments"
is sent_bytes 0
is sent_file_bytes 0
is health fine
is exit_code 0
gives 0 "from its ready/" "$tape" sync data/ready "$dir/backup" --json
is marked_before "$segments"
gives 0 "back" "$tape" sync backup mirror --direction download
check "ready/ is as it was" diff -r -x '*.done' data/ready mirror/ready
check "certificates/ too" diff -r data/certificates mirror/certificates

# ---- what must be looked at ----
deck torn
victim=$(find torn/ready -name '*.parquet' | sort | head -n 1)
printf x | dd of="$victim" bs=1 seek=100 conv=notrunc status=none
gives 1 "a file that its receipt does not describe" "$tape" sync torn spoilt --json
is blocked 1
is sent "$segments"
is health damaged
check "it stays here and does not go there" [ -e "$victim" ] && check "not there" [ ! -e "spoilt/bronze/${victim#torn/ready/}" ]
says "blocked"
deck mine
mkdir -p "claimed/bronze/$(dirname "${victim#torn/ready/}")"
echo other >"claimed/bronze/${victim#torn/ready/}"
gives 1 "another object of the name" "$tape" sync mine claimed
shows "conflicts                1"
shows "damaged: "
check "it is left alone" [ "$(cat "claimed/bronze/${victim#torn/ready/}")" = other ]

# ---- deleting ----
deck old
gives 0 "what a run would delete" "$tape" sync old kept --keep-days 0 --json
is removed "$segments"
check "they are gone here" [ "$(find old/ready -type f | wc -l)" = 0 ]
check "and are there" [ "$(find kept/bronze -name '*.parquet' | wc -l)" = "$segments" ]
deck young
gives 0 "nothing is deleted with --no-delete" "$tape" sync young kept2 --keep-days 0 --no-delete --json
is removed 0
gives 0 "a dry run names what goes" "$tape" sync young kept2 --keep-days 0 --dry-run
shows "would delete ready/trades/"
check "and leaves it" [ "$(find young/ready -name '*.parquet' | wc -l)" = "$segments" ]

# ---- its own folder, one at a time, stopping ----
echo file >plain
gives 5 "a state folder that cannot be" "$tape" sync mine away --state-dir plain/below
says "--state-dir"
deck live
mkfifo told
"$tape" sync live away --mode continuous --interval 86400 --json >told 2>"$dir/err.live" &
first=$!
exec 9<told
check "a pass of a running sync is told" read -r -u 9 line
gives 5 "a second one" "$tape" sync live elsewhere
says "process $first is at it already"
check "its status is whole" "$python" -c 'import json, sys; s = json.load(open(sys.argv[1])); sys.exit(not (s["health"] == "fine" and s["phase"] in ("pass", "wait") and s["pid"] == int(sys.argv[2]) and s["backlog_segments"] == 0 and s["sent_total"] == int(sys.argv[3])))' live/sync/status.json "$first" $((segments + 1))
check "it steps back for others" [ "$(awk '{print $19}' "/proc/$first/stat")" = 10 ]
kill -TERM "$first"
wait "$first"
code=$?
exec 9<&-
check "SIGTERM ends it in order: exit code 0, not $code" [ $code = 0 ]
check "and its status says so" grep -q '"phase": "ended"' live/sync/status.json
gives 0 "then another may begin" "$tape" sync live away --json
is sent 0
hour=$(date -u +%H)
quiet=$(printf '%02d:00-%02d:00' $((10#$hour)) $(((10#$hour + 2) % 24)))
deck still
"$tape" sync still away2 --quiet-hours "$quiet" >"$dir/out" 2>told &
first=$!
exec 9<told
check "quiet hours are said" read -r -u 9 line
kill -TERM "$first"
wait "$first"
code=$?
exec 9<&-
check "and a run that waits for them can be stopped: exit code 1, not $code" [ $code = 1 ]
check "nothing was sent in them" [ ! -e away2/bronze ]

# ---- a store ----
mkfifo listens
"$python" "$stores/fault_store.py" --bucket lake --key AKID:s3cr3tHUSH >listens 2>"$dir/store.err" &
read -r _ port <listens || { skip "the store does not start: $(cat "$dir/store.err")" && check_done; }
# ask COMMAND ...: of the store.
ask() { "$python" "$stores/fault_store.py" ask "$port" "$@"; }
# asked KEY: of its totals.
asked() { ask totals | "$python" -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
export S3_ENDPOINT=http://127.0.0.1:$port S3_BUCKET=lake S3_ACCESS_KEY=AKID S3_SECRET_KEY=s3cr3tHUSH

deck attic
export DATA_ROOT=attic
gives 0 "dry run to a store" "$tape" sync --dry-run --json
is sent $((segments + 1))
check "nothing is there" [ "$(ask objects | "$python" -c 'import json, sys; print(json.load(sys.stdin))')" = "{'lake': {}}" ]
gives 0 "to the bucket of the environment" "$tape" sync --json
is to s3://lake
is sent $((segments + 1))
is health fine
check "the objects' names are SPEC Y5's" bash -c '"$@" | grep -qF "\"bronze/trades/exchange=coinbase/symbol=BTC-USD/year=2026/month=09/day=21/hour=04/test_deck_20260921T045958Z_00001.parquet\""' - "$python" "$stores/fault_store.py" ask "$port" objects
check "memory: at most 16 MB, not $(value peak_memory_kb) kB" [ "$(value peak_memory_kb)" -le 16384 ]
before=$(asked body_in)
requests=$(asked requests)
gives 0 "again" "$tape" sync --json
is sent 0
is sent_bytes 0
check "the second run moved no byte" [ "$(asked body_in)" = "$before" ]
# One look at the certificate, which bears no mark; `totals` itself is not counted.
check "and asked for no segment" [ $(($(asked requests) - requests)) -le 1 ]
gives 0 "back" "$tape" sync s3://lake again --json
is sent $((segments + 1))
check "ready/ is as it was" diff -r -x '*.done' attic/ready again/ready
printf '[deck]\ndata_dir = attic\n[sync]\nto = s3://other/below\n' >deck.ini
printf '[s3]\naccess_key = AKID\nsecret_key = s3cr3tHUSH\n' >secrets.ini
chmod 644 secrets.ini
gives 3 "a secrets file that others may read" env -u S3_ACCESS_KEY -u S3_SECRET_KEY "$tape" sync --config deck.ini --secrets secrets.ini
chmod 600 secrets.ini
gives 0 "a prefix, and keys of a file" env -u S3_ACCESS_KEY -u S3_SECRET_KEY "$tape" sync --config deck.ini --secrets secrets.ini --read-back --json
is to s3://lake/below
is sent $((segments + 1))
check "read back: as many bytes came as went" [ "$(value got_bytes)" -ge "$(value sent_file_bytes)" ]
gives 0 "deleted only after it was asked for again" "$tape" sync attic s3://lake/below --keep-days 0 --json
is removed "$segments"
check "gone here" [ "$(find attic/ready -name '*.parquet' | wc -l)" = 0 ]

# ---- a large one, in parts ----
mkdir bulk
head -c 30000000 /dev/urandom >bulk/large.bin
gives 0 "30 MB in parts" "$tape" sync bulk s3://lake/bulk --json
is sent 1
is sent_file_bytes 30000000
check "memory: at most 16 MB, not $(value peak_memory_kb) kB" [ "$(value peak_memory_kb)" -le 16384 ]
gives 0 "and back" "$tape" sync s3://lake/bulk bulk2 --json
check "memory: at most 16 MB, not $(value peak_memory_kb) kB" [ "$(value peak_memory_kb)" -le 16384 ]
check "as it was" cmp bulk/large.bin bulk2/large.bin

# ---- what the store says, and the exit code of it ----
deck refused
gives 4 "a wrong key" env S3_SECRET_KEY=s3cr3tOTHER "$tape" sync refused s3://lake/x
shows "denied: "
shows "Check the keys"
gives 4 "a bucket that is not there" "$tape" sync refused s3://nowhere/x --json
is health no-bucket
check "every item is named with its reason" [ "$("$python" -c 'import json, sys; e = json.load(open(sys.argv[1]))["errors"]; print(len(e) > 0 and all(x["key"] and x["reason"] == "no_bucket" for x in e))' "$dir/out")" = True ]
gives 4 "a source that is not there" "$tape" sync s3://nowhere/x refused2 --json
is health no-bucket
ask fault kind=expired count=-1 >/dev/null
gives 4 "keys that ran out" "$tape" sync refused s3://lake/x --json
is health denied
ask clear >/dev/null
gives 3 "half a pair of keys" env -u S3_SECRET_KEY "$tape" sync refused s3://lake/x
gives 3 "no TLS to another machine" env S3_ENDPOINT=http://192.0.2.1:9000 "$tape" sync refused s3://lake/x
ask fault kind=corrupt resum=1 verb=put key='*.parquet' count=-1 >/dev/null
gives 1 "a store that damages what it is given" "$tape" sync refused s3://lake/x --max-workers 32 --paths 'trades/**/hour=04/**' --keep-days 0 --json
is removed 0
is health damaged
ask clear >/dev/null
check "nothing is marked" [ "$(find refused -name '_*.done' | wc -l)" = 0 ]
check "and the files are here" [ "$(find refused/ready -name '*.parquet' | wc -l)" = "$segments" ]
gives 0 "when all is well again" "$tape" sync refused s3://lake/x --json
is sent $((segments + 1))

# ---- stopping in the middle ----
deck halted
ask fault kind=stall_before verb=put count=-1 >/dev/null
"$tape" sync halted s3://lake/halted --json >"$dir/out" 2>"$dir/err" &
first=$!
for _ in $(seq 300); do
    ask faults | grep -qE '"hits": [1-9]' && break
done
check "it hangs in a PUT" bash -c '"$@" | grep -qE "\"hits\": [1-9]"' - "$python" "$stores/fault_store.py" ask "$port" faults
check "its command line has no secret" bash -c '! grep -q HUSH "/proc/$1/cmdline"' - "$first"
kill -TERM "$first"
wait "$first"
code=$?
check "SIGTERM ends it: exit code 1, not $code" [ $code = 1 ]
is interrupted True
ask clear >/dev/null
gives 0 "the next one does the rest" "$tape" sync halted s3://lake/halted --json
is sent $((segments + 1))

# Nobody listens at the port that was free a moment ago.
free=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
deck alone
env S3_ENDPOINT="http://127.0.0.1:$free" "$tape" sync alone s3://lake/alone --mode continuous --json >"$dir/out" 2>"$dir/err" &
first=$!
for _ in $(seq 300); do
    grep -q '"health": "offline"' alone/sync/status.json 2>/dev/null && break
    "$python" -c 'import time; time.sleep(0.05)' # between two looks at a condition
done
check "an outage stands in the status" grep -q '"health": "offline"' alone/sync/status.json
check "with what waits" grep -q "\"backlog_segments\": $segments," alone/sync/status.json
kill -TERM "$first"
wait "$first"
code=$?
check "SIGTERM ends it in an outage: exit code 0, not $code" [ $code = 0 ]
check "every file is here" [ "$(find alone/ready -name '*.parquet' | wc -l)" = "$segments" ]

# ---- TLS ----
mkfifo listens2
"$python" "$stores/fault_store.py" --bucket lake --tls "$dir/tls" >listens2 2>"$dir/store2.err" &
if read -r _ port2 <listens2; then
    export S3_ENDPOINT=https://localhost:$port2 S3_ACCESS_KEY=key S3_SECRET_KEY=secret
    gives 4 "a certificate that nobody vouches for" "$tape" sync mirror s3://lake/tls --json
    is health untrusted
    gives 0 "a certificate that is named" "$tape" sync mirror s3://lake/tls --ca-file "$dir/tls/cert.pem" --json
    is sent $((segments + 1))
    gives 0 "the same from the environment" env SSL_CERT_FILE="$dir/tls/cert.pem" "$tape" sync s3://lake/tls mirror2 --json
    check "memory: at most 16 MB, not $(value peak_memory_kb) kB" [ "$(value peak_memory_kb)" -le 16384 ]
    check "as it was" diff -r -x '*.done' mirror/ready mirror2/ready
else
    skip "the store does not start with TLS: $(cat "$dir/store2.err")"
fi

# ---- no secret anywhere ----
check "no secret in what was printed, written here, or stored" bash -c '! grep -rqE "s3cr3t(HUSH|OTHER)" --include="*" "$1" --exclude=secrets.ini' - "$dir"
check_done
