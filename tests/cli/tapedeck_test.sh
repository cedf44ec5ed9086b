#!/usr/bin/env bash
# The recorder as its users meet it: help, mistakes on the command line, in files and in the configuration, and two of it on one
# folder. Traffic is written by hand here; nothing is recorded from anywhere.
set -u
source "$(dirname "$0")/../check.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${TAPEDECK_OUT:-$root/out}
tapedeck=${TAPEDECK:-$out/host/tapedeck}
python=${TAPEDECK_PYTHON:-python3}
if [ ! -x "$tapedeck" ]; then
    skip "tapedeck is not built ($tapedeck)"
    check_done
fi
dir=$(mktemp -d)
first=
trap '[ -n "$first" ] && kill -9 "$first" 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
unset TAPEDECK_CONFIG DATA_ROOT

# The codes are the header's.
code() { sed -nE "s/^ *EXIT_$1 = ([0-9]+),.*/\1/p" "$root/src/app/exits.h"; }
# gives CODE "claim" COMMAND...: output in out and err; the exit code must be that of EXIT_CODE.
gives() {
    local wanted claim=$2 got
    wanted=$(code "$1")
    shift 2
    "$@" >out 2>err </dev/null
    got=$?
    check "$claim: exit code ${wanted:-unknown}, not $got" [ "$got" -eq "${wanted:--1}" ]
}
says() { check "says '$1'" grep -qF -- "$1" err || sed 's/^/    /' err | head -n 5; }
shows() { check "shows '$1'" grep -qF -- "$1" out || sed 's/^/    /' out | head -n 5; }
# json EXPRESSION: true for the object r that the last command printed.
json() { check "json: $1" "$python" -c 'import json, sys; r = json.load(open("out")); sys.exit(not eval(sys.argv[1]))' "$1"; }

# ---- help ----
gives FINE "help" "$tapedeck" --help
shows "example"
for verb in record replay status config venues symbols; do shows "tapedeck $verb"; done
for verb in record replay status config venues symbols; do
    gives FINE "$verb has help" "$tapedeck" $verb --help
    shows "example"
done
gives FINE "version" "$tapedeck" --version
check "version is one line" grep -qE '^tapedeck version [0-9]+\.[0-9]+\.[0-9]+ \(build .+\)$' out
gives USAGE "no verb" "$tapedeck"
says "tapedeck replay"
gives USAGE "unknown verb" "$tapedeck" rcord
says "unknown verb: rcord; did you mean record"
gives USAGE "unknown option" "$tapedeck" replay --rosw 5
says "--rosw"
gives FINE "venues" "$tapedeck" venues
check "its columns stand below each other" "$python" -c 'import sys; rows = open("out").read().splitlines(); at = rows[0].index("title"); sys.exit(not all(r[at - 1] == " " != r[at] or r[at - 2:at] == "  " for r in rows))'
for venue in coinbase binance kraken; do shows $venue; done
gives FINE "venues as JSON" "$tapedeck" venues --json
json '{"coinbase", "binance", "kraken"} <= {v["name"] for v in r}'

# ---- status: no recorder ----
gives USAGE "status with an unknown option" "$tapedeck" status --jsn
gives USAGE "status with an argument" "$tapedeck" status data
gives DISK "status where nothing ran" "$tapedeck" status --page no.page
says "tapedeck record"
gives DISK "the same as JSON" "$tapedeck" status --page no.page --json
json 'r == {"recording": False, "reason": "TD_E_MISSING"}'
head -c 700000 /dev/zero >zero.page
gives DISK "status of something else" "$tapedeck" status --page zero.page
gives CONFIG "status of a wrong configuration" "$tapedeck" status --set nonsense.key=1

# ---- replay: the command line ----
change() { printf '%d\t<\t{"type":"l2update","product_id":"BTC-USD","changes":[["buy","%s","1"]],"time":"2026-09-21T04:00:%02d.000000Z"}\n' "$((1789963200000000000 + $1 * 1000000000))" "$2" "$1"; }
{
    printf '1789963200000000000\to\twss://example.invalid\n'
    printf '1789963200000000001\t<\t{"type":"snapshot","product_id":"BTC-USD","asks":[["101.5","2"]],"bids":[["100.5","1"]]}\n'
    for second in $(seq 1 30); do change "$second" "100.$((second + 60))"; done
} >good.capture
# The last ask stands above every bid, so nothing crosses.
gives FINE "a good capture" "$tapedeck" replay --venue coinbase good.capture --out good --json
json 'r["frames"] == 31 and r["buckets"]["ok"] == 31 and r["rows"]["book"] == 32'
gives USAGE "no file" "$tapedeck" replay --venue coinbase --out x
gives USAGE "no place for the result" "$tapedeck" replay --venue coinbase good.capture
says "--out"
gives USAGE "a file before its venue" "$tapedeck" replay good.capture --out x
gives USAGE "unknown venue" "$tapedeck" replay --venue conbase good.capture --out x
says "unknown venue: conbase; did you mean coinbase"
gives USAGE "a venue like no other" "$tapedeck" replay --venue qqqqqqqq good.capture --out x
says "tapedeck venues"
for rows in 0 -5 many 65537 ""; do
    gives USAGE "--rows '$rows'" "$tapedeck" replay --venue coinbase good.capture --out x --rows "$rows"
    says "is not a number from 1 to 65536"
done
gives USAGE "--level 99" "$tapedeck" replay --venue coinbase good.capture --out x --level 99
gives USAGE "a symbol of no form" "$tapedeck" replay --venue coinbase good.capture --out x --symbols NOPE
says "NOPE"
check "a refused command line leaves nothing behind" [ ! -e x ]
gives FINE "an unknown symbol beside a known one" "$tapedeck" replay --venue coinbase good.capture --out named --symbols NOPE-USD,BTC-USD --json
says "NOPE-USD"
json 'r["rows"]["book"] == 32 and {b["symbol"]: b["state"] for b in r["books"]} == {"BTC-USD": "proven", "NOPE-USD": "syncing"}'
check "the known one is not complained of" [ "$(grep -c BTC-USD err)" = 0 ]

# ---- replay: files ----
gives DISK "a missing file" "$tapedeck" replay --venue coinbase nowhere.capture --out x
says "nowhere.capture"
damaged() { # damaged FILE "what it says": nothing is written of it
    gives CORRUPT "$1" "$tapedeck" replay --venue coinbase "$1" --out x
    says "$1 line $2"
    check "$1: nothing is written" [ ! -e x/ready ]
}
head -c 3000 good.capture >torn.capture
damaged torn.capture "$(($(wc -l <torn.capture) + 1)): last line has no end; the file is truncated"
head -n 20 good.capture >garbled.capture
echo "what is this" >>garbled.capture
damaged garbled.capture "21: is not \`time TAB direction TAB payload\`"
printf '17x9\t<\t{}\n' >time.capture
damaged time.capture "1: time is not a number of nanoseconds"
printf '1789963200000000000\tz\t{}\n' >direction.capture
damaged direction.capture "1: unknown direction"
printf '1789963200000000000\tb\t***\n' >binary.capture
damaged binary.capture "1: payload is not base64"
if command -v zstd >/dev/null; then
    zstd -q good.capture -o good.capture.zst
    gives FINE "a packed capture" "$tapedeck" replay --venue coinbase good.capture.zst --out packed --json
    json 'r["frames"] == 31'
    head -c $(($(wc -c <good.capture.zst) / 2)) good.capture.zst >torn.zst
    gives CORRUPT "a packed capture cut short" "$tapedeck" replay --venue coinbase torn.zst --out x
    says "the file is truncated"
    { head -c 60 good.capture.zst; head -c 400 /dev/zero | tr '\0' '\377'; } >flipped.zst
    gives CORRUPT "a packed capture with wrong bytes" "$tapedeck" replay --venue coinbase flipped.zst --out x
    says "zstd data is damaged"
else
    skip "packed captures: no zstd program"
fi
: >empty.capture
gives FINE "an empty capture" "$tapedeck" replay --venue coinbase empty.capture --out empty --json
json 'r["frames"] == 0 and r["books"] == []'
gives DISK "no such place" "$tapedeck" replay --venue coinbase good.capture --out /proc/nowhere
says "cannot write to /proc/nowhere"
echo "a file" >plain
gives DISK "a file in the place of the folder" "$tapedeck" replay --venue coinbase good.capture --out plain
says "choose another --out"

# ---- configuration ----
ini() { # ini NAME: the text after it is standard input; data goes below this test's folder
    { printf '[deck]\ndata_dir = %s/data\nshm_dir = %s\n' "$dir" "$dir"; cat; } >"$1"
}
ini good.ini <<'END'
[coinbase]
symbols = BTC-USD, ETH-USD
END
gives FINE "a good file" "$tapedeck" config --config good.ini
shows "1 venue(s), 2 symbol(s)"
gives CONFIG "a file that is not there" "$tapedeck" config --config none.ini
says "none.ini"
ini key.ini <<'END'
queue_mbb = 16
[coinbase]
symbols = BTC-USD
END
gives CONFIG "an unknown key" "$tapedeck" config --config key.ini
says 'key.ini:4:1: unknown key "queue_mbb" in [deck]; did you mean "queue_mb"?'
check "the line, and a caret under the key" grep -qzE $'    queue_mbb = 16\n    \\^' err
ini value.ini <<'END'
[journal]
level = high
[coinbase]
symbols = BTC-USD
END
gives CONFIG "a wrong value" "$tapedeck" config --config value.ini
says "value.ini:5:9:"
check "a caret under the value" grep -qzE $'    level = high\n            \\^' err
gives CONFIG "record refuses it the same way" "$tapedeck" record --config value.ini
says "value.ini:5:9:"
ini venue.ini <<'END'
[coinbsae]
symbols = BTC-USD
[kraken]
symbols = ETH-USD
END
gives FINE "an unknown venue is named, the others run on" "$tapedeck" config --config venue.ini
says "did you mean [coinbase]?"
shows "1 venue(s), 1 symbol(s)"
gives CONFIG "nothing to record" "$tapedeck" config --config /dev/null
gives CONFIG "more memory than it may take, as record says it" "$tapedeck" config --config good.ini --set deck.memory_mb=1
says "plan_too_large"
gives CONFIG "a wrong --set" "$tapedeck" config --config good.ini --set deck.queue_mb=17
says "deck.queue_mb=17"
gives USAGE "an option of no verb" "$tapedeck" config --bogus

gives FINE "what is in force" "$tapedeck" config --effective --config good.ini --set segment.zstd_level=7
check "a value of the command line says so" grep -qE '^zstd_level = 7 +; command line' out
check "a value of the file says so" grep -qE '^symbols = BTC-USD,ETH-USD +; file' out
# Parts and sum are printed to a hundredth.
check "the memory plan adds up" awk '/MiB$/ { if ($2 == "sum") sum = $(NF - 1); else parts += $(NF - 1) }
    END { d = sum - parts; exit !(parts > 0 && d < .05 && d > -.05) }' out
gives FINE "the same as JSON" "$tapedeck" config --effective --json --config good.ini
json 'r["memory_bytes"] == sum(part["bytes"] for part in r["memory"]) and len(r["memory"]) > 4'
json 'r["config"]["venues"]["coinbase"]["symbols"] == {"value": "BTC-USD,ETH-USD", "origin": "file"}'
json 'r["config"]["deck"]["queue_mb"] == {"value": 16, "origin": "default"}'
gives FINE "the delivered file" "$tapedeck" config --config "$root/tapedeck.ini"

# ---- one recorder a folder ----
ini lonely.ini <<'END'
[net]
ca_file = roots.pem
[coinbase]
symbols = BTC-USD
url = wss://127.0.0.1:9/
rest_url = https://127.0.0.1:9
END
roots=$(ls "$out/share/ca-certificates.pem" /etc/ssl/certs/ca-certificates.crt 2>/dev/null | head -n 1)
if [ -n "$roots" ]; then
    cp "$roots" roots.pem
    "$tapedeck" record --config lonely.ini --json >record.json 2>record.log </dev/null &
    first=$!
    for _ in $(seq 1 200); do # until it holds the folder and has begun
        grep -q event=start record.log && break
        kill -0 $first 2>/dev/null || break
        sleep 0.05
    done
    gives DISK "a second recorder on the folder" "$tapedeck" record --config lonely.ini --for 1
    says "pid=$first"
    gives DISK "a replay into it" "$tapedeck" replay --venue coinbase good.capture --out data
    says "pid=$first"
    for _ in $(seq 1 200); do # until it has said something of itself
        "$tapedeck" status --config lonely.ini >out 2>err
        [ $? -eq "$(code DISK)" ] || break
        sleep 0.05
    done
    gives PROBLEMS "status of a recorder whose venue does not answer" "$tapedeck" status --config lonely.ini
    shows "recording since"
    shows "ALARM: a venue is not connected"
    gives PROBLEMS "status as JSON" "$tapedeck" status --config lonely.ini --json
    json "r['pid'] == $first and r['recording'] and [b['lamp'] for b in r['books']] == ['red']"
    kill -TERM $first
    wait $first
    check "the first ends well when told to" [ $? -eq 0 ]
    gives DISK "status behind its end" "$tapedeck" status --config lonely.ini
    shows "stopped in order"
    "$tapedeck" record --config lonely.ini >again.json 2>again.log </dev/null &
    first=$!
    for _ in $(seq 1 200); do
        "$tapedeck" status --config lonely.ini >out 2>err
        [ $? -eq "$(code DISK)" ] || break
        sleep 0.05
    done
    kill -9 $first
    wait $first 2>/dev/null
    gives DISK "status of one that was killed" "$tapedeck" status --config lonely.ini
    shows "process $first is gone"
    first=
    cp record.json out
    json 'r["frames"] == 0 and r["gaps"]["start"] == 1 and r["gaps"]["stop"] == 1 and r["allocations_after_seal"] == 0'
    gives FINE "then the folder is free" "$tapedeck" record --config lonely.ini --for 1 --json
    check "it says which address refused" grep -q 'event=connect_failed' err
    plan=$("$tapedeck" config --effective --config lonely.ini --json | "$python" -c 'import json, sys; print(json.load(sys.stdin)["memory_bytes"])')
    gives CONFIG "a plan above its limit" "$tapedeck" record --config lonely.ini --set deck.memory_mb=40 --for 1
    says "plan_bytes=$plan may_bytes=41943040"
    gives FINE "a pool that is small for its symbols" "$tapedeck" record --config lonely.ini --set segment.pool_mb=1 \
        --set coinbase.symbols=A-USD,B-USD,C-USD,D-USD --for 1
    says "event=pool_small pool_mb=1 want_mb=3"
else
    skip "two recorders: no certificates at hand"
fi
gives CONFIG "certificates that are not there" "$tapedeck" record --config lonely.ini --set net.ca_file=nowhere.pem --for 1
says "nowhere.pem"
check_done
