#!/usr/bin/env bash
# Damaged traffic: whatever a frame holds, the recorder ends well, each frame ends in one bucket and every file verifies; a fault
# that the venue's rule can show is in the ledger once, and the rows around it are those of the oracle.
set -u
source "$(dirname "$0")/captures.sh"
tape=$out/host/tape
asan=$out/host-asan/tapedeck
seeds=${MALFORMED_SEEDS:-4}

# ---- frames damaged by seed ----
small() {
    sample "$1"
    # shellcheck disable=SC2086
    case $1 in
    coinbase) zstd -dcq "$captures/COINBASE.ws.28.zst" | head -n 2500 >"$dir/small" && files=$dir/small ;;
    kraken) set -- $files && head -n 900 "$4" >"$dir/small" && files="$1 $2 $3 $dir/small" ;;
    esac
}
# survives SAMPLE SEED bytes|lines PROGRAM
survives() {
    local name=$1 seed=$2 how=$3 program=$4 at="$1, $3 of seed $2" folder=$dir/damaged received
    small "$name"
    # shellcheck disable=SC2086
    "$python" "$here/mutate.py" "$seed" "$how" $files >"$dir/damaged.capture" 2>"$dir/received"
    received=$(cat "$dir/received")
    rm -rf "$folder"
    "$program" replay --venue $venue "$dir/damaged.capture" --out "$folder" --json --quiet >"$folder.json" 2>"$folder.log"
    check "$at: ends well" [ $? -eq 0 ] || { grep -m5 -E 'ERROR|runtime error|assert|invariant' "$folder.log" || tail -n 3 "$folder.log"; return; }
    check "$at: $received frames" [ "$(field "$folder.json" 'r["frames"]')" = "$received" ]
    check "$at: each in one bucket" [ "$(field "$folder.json" 'sum(r["buckets"].values())')" = "$received" ]
    if [ "$how" = bytes ]; then
        check "$at: some are malformed" [ "$(field "$folder.json" 'r["buckets"]["malformed"]')" -gt 0 ]
        check "$at: every segment verifies" "$tape" verify "$folder"
    elif [ $name != coinbase ]; then # there a lost change cannot be seen in what was received: the rows still are the oracle's
        tally "$python" "$here/compare.py" $venue "$folder" "$folder.json" "$dir/damaged.capture"
    fi
}
for name in coinbase binance kraken; do
    for seed in $(seq 1 "$seeds"); do
        survives $name "$seed" bytes "$tapedeck"
    done
    for seed in 101 102 103; do
        survives $name $seed lines "$tapedeck"
    done
    if [ -x "$asan" ]; then
        survives $name 201 bytes "$asan"
        survives $name 202 bytes "$asan"
    fi
done
[ -x "$asan" ] || skip "damaged traffic with sanitizers: out/host-asan/tapedeck is not built (make host-asan)"

# ---- one fault each ----
# fault NAME SAMPLE ARGUMENT...: the capture with that fault, replayed and compared with the oracle row by row.
fault() {
    local name=$1
    sample "$2"
    shift 2
    "$python" "$here/faults.py" "$name" "$@" >"$dir/$name.capture" 2>"$dir/$name.note"
    "$tapedeck" replay --venue $venue "$dir/$name.capture" --out "$dir/$name" --json --quiet >"$dir/$name.json" 2>"$dir/$name.log"
    check "$name: ends well" [ $? -eq 0 ] || tail -n 3 "$dir/$name.log"
}
as_wanted() { tally "$python" "$here/compare.py" $venue "$dir/$1" "$dir/$1.json" "$dir/$1.capture"; }
gaps() { check "$1: gaps are $2" [ "$(field "$dir/$1.json" '{k: n for k, n in r["gaps"].items() if k not in ("start", "stop", "disconnect")}')" = "$2" ]; }
state() { check "$1: the book ends $2" [ "$(field "$dir/$1.json" '{b["state"] for b in r["books"]}')" = "{'$2'}" ]; }
# ledger NAME "row row ...": phase,kind,action,missed of the rows that are not start or stop, nor of the holes that a start opens.
ledger() {
    "$tape" cat "$dir/$1" --table gaps --columns phase,kind,action,missed --format csv | grep -v -e ,start, -e ,stop, -e ,disconnect, | tail -n +2 >"$dir/rows"
    check "$1: the ledger reads $2, not $(tr '\n' ' ' <"$dir/rows")" [ "$(tr '\n' ' ' <"$dir/rows")" = "$2 " ]
}

fault drop-delta btcusdt "$captures/BINANCE_BTCUSDT_2024.ws.1.zst"
gaps drop-delta "{'sequence': 1}"
state drop-delta proven
ledger drop-delta "open,sequence,resync, close,sequence,resync,"
as_wanted drop-delta

fault late-base btcusdt "$captures/BINANCE_BTCUSDT_2024.ws.1.zst"
gaps late-base "{}" # the hole of the start is open until a base joins
check "late-base: the hole of the start is closed" [ "$("$tape" cat "$dir/late-base" --table gaps --columns phase,kind,channel --format csv | grep -c close,disconnect,book)" = 1 ]
state late-base proven
as_wanted late-base

fault seven-trades btcusdt "$captures/BINANCE_BTCUSDT_2024.ws.1.zst"
gaps seven-trades "{'trade_id': 1}"
check "seven-trades: seven are missed" [ "$(field "$dir/seven-trades.json" '[(b["trade_gaps"], b["trades_missed"]) for b in r["books"]]')" = "[(1, 7)]" ]
check "seven-trades: completeness falls" [ "$(field "$dir/seven-trades.json" 'r["books"][0]["completeness"] < 1')" = True ]
ledger seven-trades "open,trade_id,none,7 close,trade_id,none,7"
as_wanted seven-trades

sample deep
fault wrong-digit deep "$dir/deep.capture"
gaps wrong-digit "{'checksum': 1}"
state wrong-digit broken # nobody answers the resubscription in a file
ledger wrong-digit "open,checksum,resync,"
as_wanted wrong-digit

"$python" "$here/deep_kraken.py" --wrong 100 >"$dir/wrong-sum.capture"
"$tapedeck" replay --venue kraken "$dir/wrong-sum.capture" --out "$dir/wrong-sum" --json --quiet >"$dir/wrong-sum.json"
check "wrong-sum: ends well" [ $? -eq 0 ]
gaps wrong-sum "{'checksum': 1}"
state wrong-sum proven
ledger wrong-sum "open,checksum,resync, close,checksum,resync,"
as_wanted wrong-sum

fault torn-update coinbase SKL-USD "$captures/COINBASE.ws.28.zst"
gaps torn-update "{'parse': 1}"
check "torn-update: one book is broken" [ "$(field "$dir/torn-update.json" '[b["symbol"] for b in r["books"] if b["state"] != "proven"]')" = "['SKL-USD']" ]
check "torn-update: one frame is malformed" [ "$(field "$dir/torn-update.json" 'r["buckets"]["malformed"]')" = 1 ]
check_done
