#!/usr/bin/env bash
# `tape sync` beside a recorder: what is recorded at a high rate while segments go to a store is what the exchange sent (tests/oracle/beside.py).
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export TAPEDECK_OUT=${TAPEDECK_OUT:-$here/../../out}
python=${TAPEDECK_PYTHON:-python3}
limit_s=150
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT
for program in exchange tapedeck tape; do
    [ -x "$TAPEDECK_OUT/host/$program" ] && continue
    skip "$program is not built ($TAPEDECK_OUT/host)"
    check_done
done
if ! "$python" -c "import pyarrow" 2>/dev/null; then
    skip "no Python with pyarrow (TAPEDECK_PYTHON; make venv)"
    check_done
fi
timeout -k 5 $limit_s "$python" "$here/../oracle/oracle.py" "$work" beside >"$work/said" 2>&1
check "the scenario runs to its end" [ $? -eq 0 ]
claims=0
while read -r word rest; do
    case $word in
    ok) check "$rest" true ;;
    FAILED) check "$rest" false ;;
    note) echo "$rest" ;;
    *) echo "$word $rest" ;;
    esac
    claims=$((claims + 1))
done <"$work/said"
check "it claims something" [ $claims -gt 10 ]
check_done
