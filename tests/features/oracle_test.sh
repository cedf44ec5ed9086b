#!/usr/bin/env bash
# Every column of `features` and `predictions` against an oracle that recomputes it by brute force from the raw frames (written from
# SPEC alone): on recorded traffic, on a capture made for the edges, on the bundled exchange with lost connections and broken books,
# and QuoteWatch's five over a million updates; and what must hold between two replays.
# TAPEDECK_ORACLE_ROWS: rows of each symbol whose windows are recomputed (200; 0: all). TAPEDECK_ORACLE_UPDATES: of the long stream (1000000).
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
export TAPEDECK_OUT=${TAPEDECK_OUT:-$root/out}
shared=${TAPEDECK_SHARED:-../shared}
[ -d "$shared" ] || shared=$root/$shared
captures=$shared/captures
python=${TAPEDECK_PYTHON:-python3}
tapedeck=${TAPEDECK:-$TAPEDECK_OUT/host/tapedeck}
rows=${TAPEDECK_ORACLE_ROWS:-200}
updates=${TAPEDECK_ORACLE_UPDATES:-1000000}
models="sgd-v1@500=spread_bps+imbalance+depth+volatility late@3000=imbalance_L5+log_return"
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$dir"' EXIT

# needs TEST "what is missing otherwise": ends the script as skipped when the test fails.
needs() {
    eval "$1" >/dev/null 2>&1 && return
    skip "$2"
    check_done
}
needs '[ -x "$tapedeck" ]' "tapedeck is not built ($tapedeck)"
needs '"$python" -c "import numpy, pyarrow"' "no Python with numpy and pyarrow (TAPEDECK_PYTHON; make venv)"
needs 'command -v zstd && command -v cc' "no zstd or cc program"

# said NAME: what `run NAME COMMAND...` printed, its counts added to ours.
run() {
    local name=$1
    shift
    "$@" >"$dir/$name.said" 2>&1
    echo "ended $?" >>"$dir/$name.said"
}
said() {
    local line passed failed
    grep -E '^(FAILED|Traceback|[A-Za-z]*Error)|^note' "$dir/$1.said" | cut -c1-700 | head -n 40
    line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$dir/$1.said" | tail -n 1)
    read -r passed failed <<<"$(echo "$line" | sed -E 's/[^0-9]+/ /g')"
    checks_passed=$((checks_passed + ${passed:-0})) checks_failed=$((checks_failed + ${failed:-1}))
}

# replay FOLDER VENUE FILE... [--option VALUE...]: every set, every event, two models.
emit=event
replay() {
    local folder=$1 venue=$2
    shift 2
    "$tapedeck" replay --venue "$venue" "$@" --out "$folder" --json --quiet --set "features.emit=$emit" --set "model.models=$models" \
        --set features.sets=quotewatch,levels,structural,dynamic,rolling,optional >"$folder.json" 2>"$folder.log"
}
check_replay() {
    local folder=$1
    replay "$@"
    check "replay $(basename "$folder") ends well" [ $? -eq 0 ] || head -n 3 "$folder.log"
}

# ---- the exchange, and the long stream, beside the rest ----------------------------------------------------------------------------

long() {
    "$python" "$here/parity.py" make "$updates" "$dir/long.capture" "$dir/long.npz" || return
    "$tapedeck" replay --venue coinbase "$dir/long.capture" --out "$dir/long" --quiet --set features.emit=event \
        --set features.sets=quotewatch --set features.with=mid_price --set model.models= >"$dir/long.json" || return
    rm "$dir/long.capture"
    "$python" "$here/parity.py" compare "$dir/long.npz" "$dir/long"
}
run live timeout -k 5 80 "$python" "$here/live.py" "$dir" &
live=$!
"$python" "$here/made.py" 1 4000 >"$dir/made.capture"
"$python" "$here/made.py" 1 4000 --mirror >"$dir/mirror.capture"
"$python" "$here/made.py" 1 4000 --cut 3500 >"$dir/short.capture"
long >"$dir/long.said" 2>&1 &
long=$!
run self "$python" "$here/selfcheck.py"

# ---- replays -----------------------------------------------------------------------------------------------------------------------

runs=("made=coinbase:$dir/made:$dir/made.capture")
check_replay "$dir/made" coinbase "$dir/made.capture" --journal
add() {
    local name=$1 venue=$2 files= file
    shift 2
    check_replay "$dir/$name" "$venue" "$@" --journal
    for file; do
        [ "$file" = --set ] && break
        files+=":$file"
    done
    runs+=("$name=$venue:$dir/$name$files")
}
add static coinbase "$dir/made.capture" --set features.spread_regime=static
add compat coinbase "$dir/made.capture" --set features.compat=quotewatch
add wired coinbase "$dir/made.capture" --set features.ofi_levels=4 --set features.ofi_decay_alpha=1.25 --set features.spread_regime_window=60 \
    --set features.kyle_lambda_window=900 --set features.spread_tight_percentile=0.05 --set features.spread_wide_percentile=0.6 \
    --set features.vpin_bucket_volume=2.5 --set features.vpin_window_buckets=7 --set features.max_state_staleness_seconds=100
if [ -f "$captures/COINBASE.ws.28.zst" ]; then
    add coinbase coinbase "$captures/COINBASE.symbols.zst" "$captures/COINBASE.ws.28.zst"
    add binance binance "$captures/BINANCE.symbols.zst" "$captures/BINANCE.http.0.zst" "$captures/BINANCE.ws.1.zst"
    for n in 48 49 50; do "$root/tools/kraken_v2" -o "$dir/kraken.$n" "$captures/KRAKEN.ws.$n.zst"; done
    add kraken kraken "$captures/KRAKEN.symbols.zst" "$dir/kraken.48" "$dir/kraken.49" "$dir/kraken.50"
    # This one has no base: an empty one lets its 345 s of changes build a book, as true as the changes are.
    zstd -dcq "$captures/BINANCE_BTCUSDT_2024.ws.1.zst" >"$dir/btcusdt.ws"
    "$python" "$here/base.py" "$dir/btcusdt.ws" >"$dir/btcusdt.http"
    add btcusdt binance "$dir/btcusdt.http" "$dir/btcusdt.ws"
else
    skip "recorded traffic ($captures)"
fi

# ---- what must hold between two replays ----------------------------------------------------------------------------------------------

check_replay "$dir/again" coinbase "$dir/made.capture" --journal
check_replay "$dir/short" coinbase "$dir/short.capture"
check_replay "$dir/mirror" coinbase "$dir/mirror.capture"
check_replay "$dir/walk" coinbase "$dir/made.capture" --symbols WALK-USD
check_replay "$dir/idle" coinbase "$dir/made.capture" --symbols IDLE-USD
emit=1s
check_replay "$dir/seconds" coinbase "$dir/made.capture"
for table in features predictions; do
    check "made: two replays write the same $table" diff -r "$dir/made/ready/$table" "$dir/again/ready/$table"
done
check "made: there are segments of them" [ -n "$(find "$dir/made/ready/features" -name '*.parquet')" ]
run prefix "$python" "$here/properties.py" prefix "$dir/short" "$dir/made"
run walk "$python" "$here/properties.py" same "$dir/walk" "$dir/made" WALK-USD
run idle "$python" "$here/properties.py" same "$dir/idle" "$dir/made" IDLE-USD
run seconds "$python" "$here/properties.py" seconds "$dir/seconds" "$dir/made" coinbase
run mirror "$python" "$here/properties.py" mirror "$dir/made" "$dir/mirror"
run bounds "$python" "$here/properties.py" bounds "$dir/made"

# ---- every column ----------------------------------------------------------------------------------------------------------------------

wait $live
grep -E '^(FAILED|note)' "$dir/live.said" | cut -c1-400
while read -r word rest; do
    case $word in
    ok | FAILED) check "$rest" [ "$word" = ok ] ;;
    ended) check "the scenario of the exchange runs to its end" [ "$rest" = 0 ] ;;
    esac
done <"$dir/live.said"
i=0
for venue in coinbase binance kraken; do
    runs+=("live-$venue=$venue@$i:$dir/live/data")
    i=$((i + 1))
done
[ "$rows" = 0 ] && most=() || most=(--rows "$rows")
run compare "$python" "$here/compare.py" "${most[@]}" --models "$models" "${runs[@]}"
wait $long
for name in self prefix walk idle seconds mirror bounds compare long; do
    said $name
done
[ -n "${TAPEDECK_ORACLE_REPORT:-}" ] && cat "$dir/compare.said" "$dir/long.said" >"$TAPEDECK_ORACLE_REPORT"
check_done
