#!/usr/bin/env bash
# Level mechanics from the wire to table `touches`: a thin day and three hours over a midnight, made in Coinbase's form, through the recorder
# and `tape mechanics`; every column of every row and touch and every label against the oracle. What comes later changes nothing.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../captures/captures.sh"
mine=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tape=$out/host/tape
needs '[ -x "$tape" ]' "tape is not built ($tape)"
needs '"$python" -c "import numpy, zoneinfo"' "no Python with numpy (make venv)"

# record CAPTURE NAME: rows at each event into $dir/NAME, touches into $dir/NAME.lake.
record() {
    check "$2: replay" "$tapedeck" replay --venue coinbase "$1" --out "$dir/$2" --quiet --set features.emit=event --set features.sets=mechanics
    check "$2: tape mechanics" "$tape" mechanics --input "$dir/$2" --output "$dir/$2.lake"
    check "$2: the touches verify" "$tape" verify "$dir/$2.lake"
}

"$python" "$mine/touches_oracle.py" make 5 "$dir/events" >"$dir/whole.capture"
record "$dir/whole.capture" whole >/dev/null
tally "$python" "$mine/touches_oracle.py" check "$dir/events" "$dir/whole" "$dir/whole.lake"

until_s=$(($(head -n 1 "$dir/whole.capture" | cut -c1-10) + 26 * 3600))
awk -F'\t' -v until="$until_s" 'substr($1, 1, 10) < until' "$dir/whole.capture" >"$dir/cut.capture"
record "$dir/cut.capture" cut >/dev/null
tally "$python" "$mine/touches_oracle.py" cut "$dir/whole.lake" "$dir/cut.lake" "$until_s"
check_done
