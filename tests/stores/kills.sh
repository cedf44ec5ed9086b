#!/usr/bin/env bash
# tests/stores/kills.sh [KILLS]: tape sync killed at each of its requests, then faults that take minutes of patience (make sync-kills). Ends on the total.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../steps.sh"
here=$(cd "$(dirname "$0")" && pwd)
export TAPEDECK_OUT=${TAPEDECK_OUT:-$here/../../out}
python=${TAPEDECK_PYTHON:-python3}
if [ ! -x "${TAPE:-$TAPEDECK_OUT/host/tape}" ]; then
    echo "skipped: tape is not built ($TAPEDECK_OUT/host)"
    exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
step "kills" "$python" "$here/kill_each.py" "$dir" "${1:-100}"
step "patience" "$here/fault_test.sh" --long
steps_done
