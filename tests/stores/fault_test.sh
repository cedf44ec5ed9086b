#!/usr/bin/env bash
# tape sync against a store that fails in every way of fault_plan.py: nothing is lost, nothing is deleted that is not proven, and in the end the store
# holds what was here. Arguments name some of the cases of fault_cases.py.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
here=$(cd "$(dirname "$0")" && pwd)
out=${TAPEDECK_OUT:-$here/../../out}
export TAPEDECK_OUT=$out
if [ ! -x "${TAPE:-$out/host/tape}" ]; then
    skip "tape is not built ($out/host)"
    check_done
fi
if ! command -v openssl >/dev/null; then
    skip "openssl is not installed: it makes the store's certificate and keys"
    check_done
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
"${TAPEDECK_PYTHON:-python3}" "$here/fault_cases.py" "$dir" "$@"
