#!/usr/bin/env bash
# The recorder, its children and what works on files really run with few rights, while it records, reloads, asks for names and stops.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export TAPEDECK_OUT=${TAPEDECK_OUT:-$here/../../out}
python=${TAPEDECK_PYTHON:-python3}
limit_s=50
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT

for program in exchange tapedeck tape; do
    [ -x "$TAPEDECK_OUT/host/$program" ] && continue
    skip "$program is not built ($TAPEDECK_OUT/host)"
    check_done
done

# told PROGRAM NAME: the claims of a scenario with that recorder.
told() {
    local word rest
    TAPEDECK=$1 timeout -k 5 $limit_s "$python" "$here/rights.py" "$work/$2" >"$work/said" 2>&1
    check "$2: the scenario runs to its end" [ $? -eq 0 ]
    while read -r word rest; do
        case $word in
        ok) check "$2: $rest" true ;;
        FAILED) check "$2: $rest" false ;;
        skipped) skip "$2: $rest" ;;
        *) echo "$word $rest" ;;
        esac
    done <"$work/said"
}

told "$TAPEDECK_OUT/host/tapedeck" glibc
if [ -x "$TAPEDECK_OUT/x86_64/tapedeck" ]; then
    told "$TAPEDECK_OUT/x86_64/tapedeck" musl
else
    skip "the static recorder is not built ($TAPEDECK_OUT/x86_64)"
fi
check_done
