#!/usr/bin/env bash
# The tables that `tape` derives from recorded segments against brute force (lake_oracle.py), on recorded traffic; feature rows made again
# equal those that the recorder wrote, bit for bit; `tape evaluate` equals scikit-learn.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../captures/captures.sh"
mine=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tape=$out/host/tape
sets=quotewatch,levels,structural,dynamic,rolling,optional,mechanics
needs '[ -x "$tape" ]' "tape is not built ($tape)"

# derive NAME THRESHOLD: every table of the sample's replay, then the oracle.
derive() {
    local data=$dir/$1 lake=$dir/$1.lake common="--input $dir/$1 --output $dir/$1.lake"
    # shellcheck disable=SC2086 # words
    {
        check "$1: bars of trades" "$tape" bars $common --channel trades --durations 1,5,30,60,300,900,3600
        check "$1: bars of the book" "$tape" bars $common --channel book --durations 1,5,30,60,300,900,3600
        check "$1: bars of volume" "$tape" bars $common --channel volume --threshold "$2"
        check "$1: candles" "$tape" bars $common --channel ticks
        check "$1: rows of trades" "$tape" trade-features $common
        [ ! -d "$data/ready/ticker" ] || check "$1: rows of tickers" "$tape" ticker-features $common
        check "$1: grid" "$tape" resample $common --levels 5 --max-staleness 500ms
    }
    tally "$python" "$mine/lake_oracle.py" "$data" "$lake" "$2"
}

for name in coinbase binance kraken; do
    extra="--set features.emit=event --set features.sets=$sets"
    replay $name "$dir/$name"
    check "$name: replay ends well" [ $? -eq 0 ] || continue
    derive $name 0.5
done

# What recorded traffic lacks: late stamps, edges of windows, locked books, silences, images in between, midnight on the way.
"$python" "$mine/made.py" 1 4000 >"$dir/made.capture"
"$tapedeck" replay --venue coinbase "$dir/made.capture" --out "$dir/made" --quiet --rows 997 --set features.emit=event --set features.sets=$sets >/dev/null
derive made 3

# Holes: a change is missing, a base is too old, an update is torn. Groups of few rows.
faulty() {
    local name=$1 venue=$2
    shift 2
    "$python" "$here/faults.py" "$@" >"$dir/$name.capture" 2>/dev/null
    "$tapedeck" replay --venue "$venue" "$dir/$name.capture" --out "$dir/$name" --quiet --rows 997 --set features.emit=event \
        --set features.sets=$sets >/dev/null 2>&1
}
faulty hole binance drop-delta "$captures/BINANCE_BTCUSDT_2024.ws.1.zst"
faulty base binance late-base "$captures/BINANCE_BTCUSDT_2024.ws.1.zst"
faulty torn coinbase torn-update SKL-USD "$captures/COINBASE.ws.28.zst"

# The same rows again. A recording that meets finer digits on its way is told of that by its instruments.
for name in coinbase binance btcusdt kraken deep names hour made hole base torn; do
    if [ ! -d "$dir/$name" ]; then
        extra="--set features.emit=event --set features.sets=$sets"
        replay $name "$dir/$name"
    fi
    check "$name: features again" "$tape" features --input "$dir/$name" --output "$dir/$name.again" --sets $sets
    tally "$python" "$mine/lake_oracle.py" --same "$dir/$name" "$dir/$name.again"
done

# A venue without stamps: receive times stand in, to the microsecond that a row keeps.
zstd -dc "$captures/COINBASE.ws.28.zst" | awk -F'\t' -v OFS='\t' '
    { gsub(/,"time":"[^"]*"/, "", $3); $1 = substr($1, 1, length($1) - 3) sprintf("%03d", NR * 7 % 1000); print }' >"$dir/unstamped.capture"
"$tapedeck" replay --venue coinbase "$dir/unstamped.capture" --out "$dir/unstamped" --quiet --set features.emit=event >/dev/null
check "unstamped: features again" "$tape" features --input "$dir/unstamped" --output "$dir/unstamped.again"
tally "$python" "$mine/lake_oracle.py" --same "$dir/unstamped" "$dir/unstamped.again"

# The hour's segments in two folders, given one after the other in the wrong order, are one stream.
check "hour: the deck's segments by folder" "$tape" features --output "$dir/hour.parts" --sets $sets \
    $(find "$dir/hour/ready/trades" "$dir/hour/ready/book" -name 'hour=*' | sort -r)
tally "$python" "$mine/lake_oracle.py" --same "$dir/hour" "$dir/hour.parts"

if "$python" -c "import sklearn" 2>/dev/null; then
    "$tape" evaluate --input "$dir/coinbase" --json >"$dir/scores.json"
    tally "$python" "$mine/lake_oracle.py" --scores "$dir/coinbase" "$dir/scores.json"
else
    skip "no Python with scikit-learn (make venv)"
fi
check_done
