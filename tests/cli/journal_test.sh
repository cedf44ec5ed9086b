#!/usr/bin/env bash
# `tape journal`: what a replay kept in its journal comes out as the lines that went in, gives the same rows again, and damage is
# found and named.
set -u
source "$(dirname "$0")/../check.sh"
source "$(dirname "$0")/said.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${TAPEDECK_OUT:-$root/out}
tape=${TAPE:-$out/host/tape}
tapedeck=${TAPEDECK:-$out/host/tapedeck}
if [ ! -x "$tape" ] || [ ! -x "$tapedeck" ]; then
    skip "tape or tapedeck is not built ($tape, $tapedeck)"
    check_done
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# keep VENUE CAPTURE OUT: replays into OUT, with a journal.
keep() { "$tapedeck" replay --venue "$1" "$2" --journal --out "$3" --quiet >"$dir/log" 2>&1; }
# flip FILE OFFSET: one bit.
flip() {
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "\\x$(printf %x $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
# field NAME: a number of the JSON in $dir/out, the last one of that name.
field() { grep -oE "\"$1\": [0-9]+" "$dir/out" | tail -n 1 | grep -oE '[0-9]+$'; }

# ---- mistakes ----
gives 0 "help" "$tape" journal --help
shows "tape journal dump"
gives 2 "no action" "$tape" journal
gives 2 "unknown action" "$tape" journal list "$dir"
says "unknown action 'list'"
gives 2 "no path" "$tape" journal ls
gives 2 "an option of another action" "$tape" journal verify "$dir" --limit 3
gives 2 "bad count" "$tape" journal dump "$dir" --from-frame first
gives 2 "an option of drain" "$tape" journal dump "$dir" --out x
says "It belongs to \`tape journal drain\`"
gives 5 "a path that is not there" "$tape" journal verify "$dir/nowhere"
gives 1 "a folder without a journal" "$tape" journal verify "$dir"
says "no journal files"

# ---- there and back ----
# Every direction: text with a line break (e), binary (b), a book base (h), text that was sent (>).
cat "$root/tests/samples/binance/hand_made.capture" >"$dir/in"
{
    printf '1767323046000000000\t>\t{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":2}\n'
    printf '1767323046000000001\te\t%s\n' "$(printf '{"result":null,\n"id":2}' | base64 -w 0)"
    printf '1767323046000000002\te\t%s\n' "$(printf 'not \377 utf-8' | base64 -w 0)"
    printf '1767323048000000003\tb\t%s\n' "$(head -c 5000 /dev/zero | tr '\0' '\376' | base64 -w 0)"
    printf '1767323048000000003\t<\ttabs\tstay\t\n'
} >>"$dir/in"
keep binance "$dir/in" "$dir/one"
gives 0 "dump" "$tape" journal dump "$dir/one"
check "the dump is the capture, byte by byte" cmp "$dir/in" "$dir/out"
check "nothing to remark" [ ! -s "$dir/err" ]
cp "$dir/out" "$dir/dumped"
keep binance "$dir/dumped" "$dir/two"
for table in book trades ticker gaps instruments; do
    "$tape" cat "$dir/one" --table $table --columns all --format jsonl >"$dir/rows.one" 2>/dev/null
    "$tape" cat "$dir/two" --table $table --columns all --format jsonl >"$dir/rows.two" 2>/dev/null
    check "$table: there are rows" [ -s "$dir/rows.one" ]
    check "$table: the dump gives the same rows" cmp "$dir/rows.one" "$dir/rows.two"
done
gives 0 "dump of the journal's folder" "$tape" journal dump "$dir/one/journal"
check "is the same" cmp "$dir/in" "$dir/out"
gives 0 "dump of one file" "$tape" journal dump "$dir/one/journal/000001.tdj"
check "is the same" cmp "$dir/in" "$dir/out"
gives 0 "limit" "$tape" journal dump "$dir/one" --limit 3
check "is the first lines" cmp <(head -n 3 "$dir/in") "$dir/out"
# Frames 1 and 2 are the start and the configuration, 3 is the first line.
gives 0 "from a frame on" "$tape" journal dump "$dir/one" --from-frame 5 --limit 2
check "is the lines from there" cmp <(sed -n 3,4p "$dir/in") "$dir/out"
gives 0 "dump --json" "$tape" journal dump "$dir/one" --json
check "holds frames of every kind, ticks too" [ "$(grep -oE '"kind":"[a-z]+"' "$dir/out" | sort -u | wc -l)" = 9 ]
check "their numbers have no hole" cmp <(grep -oE '^\{"frame":[0-9]+' "$dir/out" | cut -d: -f2) <(seq "$(wc -l <"$dir/out")")
shows '"payload":"tabs\u0009stay\u0009"'
shows "\"payload_base64\":\"$(printf 'not \377 utf-8' | base64 -w 0)\"}"
frames=$(wc -l <"$dir/out")
gives 0 "ls" "$tape" journal ls "$dir/one"
shows "1-$frames  2026-01-02T03:04:05Z  2026-01-02T03:04:08Z"
shows "1 files, "
gives 0 "ls --json" "$tape" journal ls "$dir/one" --json
shows "\"frames\": $frames, \"frame_first\": 1, \"frame_last\": $frames,"
shows '"file": "000001.tdj", "sequence": 1, "state": "ok"'
gives 0 "verify" "$tape" journal verify "$dir/one"
shows "$frames frames"
shows "all fine"
gives 0 "a closed pipe is fine" bash -c "set -o pipefail; '$tape' journal dump '$dir/one' | head -n 1"

# A journal of two venues: one file each.
"$tapedeck" replay --venue binance "$dir/in" --venue coinbase "$root/tests/samples/coinbase/hand_made.capture" --journal \
    --out "$dir/both" --quiet >"$dir/log" 2>&1
gives 0 "dump of two venues" "$tape" journal dump "$dir/both"
says "--source"
gives 0 "dump of the second" "$tape" journal dump "$dir/both" --source 1
check "is its capture" cmp "$root/tests/samples/coinbase/hand_made.capture" "$dir/out"
check "without a remark" [ ! -s "$dir/err" ]

# A second run goes on in the same file, in the next epoch.
keep binance "$dir/in" "$dir/one"
gives 0 "ls of two runs" "$tape" journal ls "$dir/one" --json
check "two epochs" [ "$(field epoch_first)-$(field epoch_last)" = 1-2 ]
gives 0 "dump of two runs" "$tape" journal dump "$dir/one"
check "is both" cmp <(cat "$dir/in" "$dir/in") "$dir/out"

# ---- drain: the recorder's own core makes segments of a journal ----
# A replay's journal holds no recorder's configuration; rows are those of the replay, whose files have the same shape by the same keys.
gives 1 "drain of no journal" "$tape" journal drain "$dir/nothing" --out "$dir/drained"
gives 3 "drain without a configuration" "$tape" journal drain "$dir/two" --out "$dir/drained"
says "nothing to record"
check "leaves nothing behind" [ ! -e "$dir/drained" ]
printf '[binance]\nsymbols = BTC-USDT\n' >"$dir/binance.ini"
gives 0 "drain" "$tape" journal drain "$dir/two" --config "$dir/binance.ini" --out "$dir/drained" --json
check "all frames" [ "$(field frames)" -gt 10 ] && check "none lost" [ "$(field lost)" = 0 ]
gives 0 "what it made" "$tape" verify "$dir/drained"
for table in book trades; do
    "$tape" cat "$dir/two" --table $table --columns frame,symbol,price,size,flags --format csv 2>/dev/null | grep -E '^frame|BTC-USDT' >"$dir/rows.one"
    "$tape" cat "$dir/drained" --table $table --columns frame,symbol,price,size,flags --format csv >"$dir/rows.two" 2>/dev/null
    check "$table: the replay's rows" cmp "$dir/rows.one" "$dir/rows.two"
    check "$table: there are some" [ "$(wc -l <"$dir/rows.two")" -gt 2 ]
done
gives 0 "drained once more" "$tape" journal drain "$dir/two/journal" --config "$dir/binance.ini" --out "$dir/drained" --json
check "every segment stood there, equal" [ "$(field remade)" -gt 2 ] && check "and none differs" [ "$(field differs)" = 0 ]

# ---- damage ----
# 10 MB in frames of 16 kB: blocks of 1 MiB, each readable by itself.
awk 'BEGIN { for (pad = "x"; length(pad) < 10000;) pad = pad pad; print "1767323045000000000\to\twss://example.invalid"
    for (i = 1; i <= 600; i++) {
        printf "17673230450%07d0\t<\t{\"type\":\"heartbeat\",\"sequence\":%d,\"last_trade_id\":7,\"product_id\":\"BTC-USD\"," \
            "\"time\":\"2026-01-02T03:04:06.000000Z\",\"pad\":\"", i, i
        print pad "\"}" } }' >"$dir/long.in"
keep coinbase "$dir/long.in" "$dir/long"
file=$dir/long/journal/000001.tdj
cp --sparse=always "$file" "$dir/kept"
again() { cp --sparse=always "$dir/kept" "$file"; }
gives 0 "verify of a long journal" "$tape" journal verify "$dir/long"
gives 0 "dump of a long journal" "$tape" journal dump "$dir/long"
check "is its capture" cmp "$dir/long.in" "$dir/out"
gives 0 "ls of a long journal" "$tape" journal ls "$dir/long" --json
blocks=$(field blocks) bytes=$(field bytes) frames=$(field frames)
check "eight blocks or more, not $blocks" [ "$blocks" -ge 8 ]

# A bit in the payload of the second block (packed_bytes stand 76 behind the first one's start): its frames are lost, no others.
packed=$(od -An -tu4 -j $((4096 + 76)) -N 4 "$file" | tr -d ' ')
second=$((4096 + (88 + packed + 4095) / 4096 * 4096))
flip "$file" $((second + 88 + 40))
gives 6 "verify of a flipped bit" "$tape" journal verify "$dir/long"
check "names file, place and the frames around" \
    grep -qE "^000001.tdj: offset $second: damage: .*: frames between [0-9]+ and [0-9]+ are lost$" "$dir/out"
shows ": 1 problems"
gives 6 "verify --json" "$tape" journal verify "$dir/long" --json
shows '"kind": "damage"'
shows "\"offset\": $second, \"frame_before\":"
shows '"ok": false'
before=$(field frame_before) behind=$(field frame_after)
check "about a megabyte is lost ($before to $behind)" [ $((behind - before)) -gt 30 -a $((behind - before)) -lt 100 ]
gives 6 "dump goes on behind the hole" "$tape" journal dump "$dir/long"
# Frames 1 and 2 are the start and the configuration; one tick comes a second, here none.
check "with the frames that verify named" cmp <(sed "$((before - 1)),$((behind - 3))d" "$dir/long.in") "$dir/out"
says "frames between $before and $behind are lost"
gives 6 "ls tells the hole" "$tape" journal ls "$dir/long"
shows "damaged, 1 holes"
shows "frames between $before and $behind are lost"
gives 0 "from the frame behind on all is fine" "$tape" journal dump "$dir/long" --from-frame "$behind"
check "and begins there" cmp <(tail -n +$((behind - 2)) "$dir/long.in") "$dir/out"
again

# Cut inside the last block, behind it, and a bit in the header.
truncate -s $((bytes - 4096 + 50)) "$file"
gives 6 "verify of a file cut inside its last block" "$tape" journal verify "$dir/long"
check "names the frame before" grep -qE 'damage: .*: nothing is readable behind frame [0-9]+;' "$dir/out"
shows "cut: "
gives 6 "dump of a cut file" "$tape" journal dump "$dir/long"
lines=$(wc -l <"$dir/out")
check "is the beginning of its capture" cmp <(head -n "$lines" "$dir/long.in") "$dir/out"
again
truncate -s "$bytes" "$file"
gives 1 "verify of a file cut behind its last block" "$tape" journal verify "$dir/long"
shows "cut: the file is shorter than it was made"
shows "$frames frames"
again
flip "$file" 10
gives 6 "verify of a flipped bit in the file's header" "$tape" journal verify "$dir/long"
shows "header: "
shows "$frames frames"
gives 0 "which costs no frame" "$tape" journal dump "$dir/long"
check "dump is its capture" cmp "$dir/long.in" "$dir/out"
again
truncate -s 256K "$dir/long/journal/000002.tdj"
gives 0 "a file that was made and never begun" "$tape" journal verify "$dir/long"
gives 0 "is listed as such" "$tape" journal ls "$dir/long"
check "as unused" grep -qE '^000002.tdj .* unused$' "$dir/out"
head -c 65536 /dev/zero | tr '\0' 'z' >"$dir/long/journal/000002.tdj"
gives 6 "a file of something else" "$tape" journal verify "$dir/long"
shows "neither the header nor the first block is readable"
check_done
