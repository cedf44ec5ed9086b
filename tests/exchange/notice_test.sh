#!/usr/bin/env bash
# Venues that both the exchange and the recorder speak, at once, through every fault of messages and of connections, over TLS.
#   matrix_test.sh [all | --refuse | VENUE...]   without names: one of each rule, base, framing and handshake; `make matrix` is all of them
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export TAPEDECK_OUT=${TAPEDECK_OUT:-$here/../../out}
python=${TAPEDECK_PYTHON:-python3}
limit_s=300
[ $# -gt 0 ] || set -- coinbase_advanced kucoin htx bitvavo okx bitfinex bitstamp poloniex upbit
[ "$1" != all ] || { shift; limit_s=900; }
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

timeout -k 5 $limit_s "$python" "$here/notice.py" "$work" >"$work/said" 2>&1
check "the run comes to its end" [ $? -eq 0 ]
while read -r word rest; do
    case $word in
    ok) check "$rest" true ;;
    FAILED) check "$rest" false ;;
    skipped) skip "$rest" ;;
    note) echo "$rest" ;;
    *) echo "$word $rest" ;;
    esac
done <"$work/said"
check_done
