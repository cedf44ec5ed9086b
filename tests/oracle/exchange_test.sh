#!/usr/bin/env bash
# The recorder beside the bundled exchange, which knows every true book and trade: without faults, through every fault it can
# make, over a network that fails, with certificates that must be refused, through signals, while its connections are replaced, stopped
# for seconds, killed fifty times, and on a disk that runs full. Lines of scenarios run beside each other; each prints its claims.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export TAPEDECK_OUT=${TAPEDECK_OUT:-$here/../../out}
python=${TAPEDECK_PYTHON:-python3}
limit_s=150
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT

for program in exchange proxy tapedeck tape; do
    [ -x "$TAPEDECK_OUT/host/$program" ] && continue
    skip "$program is not built ($TAPEDECK_OUT/host)"
    check_done
done
if ! "$python" -c "import pyarrow" 2>/dev/null; then
    skip "no Python with pyarrow (TAPEDECK_PYTHON; make venv)"
    check_done
fi

# run SCENARIO...: one after the other, all within the limit.
run() {
    local scenario
    for scenario; do
        mkdir -p "$work/$scenario"
        timeout -k 5 $limit_s "$python" "$here/oracle.py" "$work/$scenario" "$scenario" >"$work/$scenario.said" 2>&1
        echo "ended $scenario $?" >>"$work/$scenario.said"
    done
}

# Every line a claim; a scenario that was cut off has failed.
tell() {
    local word rest
    while read -r word rest; do
        case $word in
        ok) check "$rest" true ;;
        FAILED) check "$rest" false ;;
        skipped) skip "$rest" ;;
        note) echo "$rest" ;;
        ended) check "$rest: a scenario runs to its end" [ "${rest##* }" -eq 0 ] ;;
        *) echo "$word $rest" ;;
        esac
    done <"$work/$1.said"
}

run messages pause &
run links &
run network &
run calm trust stops overlap &
run kills reload &
run disk &
wait
for scenario in calm messages links network trust stops overlap reload pause kills disk; do
    tell $scenario
done
check_done
