#!/usr/bin/env bash
# The owner's files as they are delivered: the recorder takes them, edited by Notepad too, and what they say is in step with the program.
set -u
source "$(dirname "$0")/../check.sh"
cd "$(dirname "$0")/../.." || exit 1
tapedeck=$PWD/${TAPEDECK_OUT:-out}/host/tapedeck
[[ ${TAPEDECK_OUT:-} == /* ]] && tapedeck=$TAPEDECK_OUT/host/tapedeck
card=$PWD/rootfs/card
if [ ! -x "$tapedeck" ]; then
    skip "tapedeck is not built ($tapedeck)"
    check_done
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

check "the configuration works unedited" "$tapedeck" config --config "$card/tapedeck.ini"
sed 's/$/\r/' "$card/tapedeck.ini" >"$work/crlf.ini"
check "with Notepad's line ends" "$tapedeck" config --config "$work/crlf.ini"
printf '\xef\xbb\xbf' | cat - "$work/crlf.ini" >"$work/bom.ini"
check "and its mark at the beginning" "$tapedeck" config --config "$work/bom.ini"

# Every ; taken away: all that is offered is a setting, and but for markets, name and where uploads go it is the default.
sed -E 's/^;(\[|[a-z_]+ = )/\1/' "$card/tapedeck.ini" >"$work/all.ini"
check "every line that is offered is a setting" "$tapedeck" config --config "$work/all.ini"
check "there are some" [ "$(diff "$card/tapedeck.ini" "$work/all.ini" | grep -c '^>')" -gt 12 ]
in_force() {
    "$tapedeck" config --effective --config "$1" | sed -E '/^\[coinbase\]/,$d; /^\[sync\]/,/^$/d; s/ *;.*//; /^id = /d; /^$/d'
}
in_force "$card/tapedeck.ini" >"$work/plain"
in_force "$work/all.ini" >"$work/offered"
check "what is offered is the default" diff "$work/plain" "$work/offered"
check "that was a comparison" [ "$(wc -l <"$work/plain")" -gt 40 ]
sed 's/cycles = 1000/cycles = 1001/' "$work/all.ini" >"$work/other.ini"
in_force "$work/other.ini" >"$work/offered"
check "another value would be seen" bash -c '! diff "$1" "$2"' - "$work/plain" "$work/offered"

for file in "$card"/*; do
    name=$(basename "$file")
    check "$name is plain ASCII without tabs" bash -c '! LC_ALL=C grep -qP "[^\x20-\x7e]" "$1"' - "$file"
    check "$name fits a window" bash -c '! grep -qE "^.{141}" "$1"' - "$file"
done
for file in network.ini secrets.ini; do
    check "$file sets nothing as delivered" bash -c '! grep -qvE "^(;.*|\[network\]|)$" "$1"' - "$card/$file"
done

# The lamp's words stand in STATUS.txt and in README.txt; they are the same.
sed -n '/^THE GREEN LAMP/,/^$/p' "$card/README.txt" | sed -n 's/^  //p' >"$work/lamp"
check "README.txt explains six patterns" [ "$(wc -l <"$work/lamp")" -eq 6 ]
while read -r line; do
    check "STATUS.txt says it too: $line" grep -qF "$line" src/init/report_text.c
done <"$work/lamp"
check_done
