#!/usr/bin/env bash
# Every column of level mechanics and every outcome label against an oracle that recomputes them by brute force: on a day (two, with what
# came before), on regular hours in New York over a change of the clocks, and on traffic as dense as a capture's; with losses of proof and
# with the state saved and loaded on the way.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${TAPEDECK_OUT:-$here/../../out}
python=${TAPEDECK_PYTHON:-python3}
driver=$out/host/features/mechanics_driver
oracle=$here/mechanics_oracle.py
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# needs TEST "what is missing otherwise": ends the script as skipped when the test fails.
needs() {
    eval "$1" >/dev/null 2>&1 && return
    skip "$2"
    check_done
}
needs '[ -x "$driver" ]' "the driver is not built ($driver)"
needs '"$python" -c "import numpy, zoneinfo"' "no Python with numpy (TAPEDECK_PYTHON; make venv)"

# compare KIND SEED [OPTION...]: what the program printed of events that are made, beside the oracle's.
compare() {
    local kind=$1 seed=$2
    shift 2
    "$python" "$oracle" make "$kind" "$seed" >"$dir/$kind.events"
    "$driver" "$@" <"$dir/$kind.events" >"$dir/$kind.printed" || echo "the driver failed"
    "$python" "$oracle" check "$dir/$kind.events" "$dir/$kind.printed" "$@"
}
# said KIND: shows what compare said and adds its counts to ours.
said() {
    local line passed failed
    sed "s/^/$1: /" "$dir/$1.said" | grep -v ' passed, ' | cut -c1-400
    line=$(tail -n 1 "$dir/$1.said" | grep -E '^[0-9]+ passed, [0-9]+ failed$')
    read -r passed failed <<<"$(echo "$line" | sed -E 's/[^0-9]+/ /g')"
    checks_passed=$((checks_passed + ${passed:-0})) checks_failed=$((checks_failed + ${failed:-1}))
}

compare day 1 hotzone=60007 >"$dir/day.said" 2>&1 &
compare rth 2 session=rth_et hotzone=686.5 hotzone=687.2 thresh_size=2000 contested_size=3000 sweep_notional=3000000 score_median=5 \
    >"$dir/rth.said" 2>&1
compare dense 3 >"$dir/dense.said" 2>&1
wait
for kind in day rth dense; do
    said $kind
done
check_done
