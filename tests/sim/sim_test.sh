#!/usr/bin/env bash
# The whole recorder on a lying world: planted bugs are caught, a few seeds run through, and a seed gives the same bytes twice.
set -u
simulator=${TAPEDECK_OUT:-out}/host/simulator
passed=0 failed=0
attempt() {
    local name=$1
    shift
    if "$@" >"${TMPDIR:-/tmp}/sim-$$.log" 2>&1; then
        passed=$((passed + 1))
        grep -E '^(seed|planted)' "${TMPDIR:-/tmp}/sim-$$.log"
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        grep -vE '^  ' "${TMPDIR:-/tmp}/sim-$$.log"
    fi
    rm -f "${TMPDIR:-/tmp}/sim-$$.log"
}
attempt "planted bugs" "$simulator" --plants
attempt "a calm hour, twice" "$simulator" --seed 1 --days 0.04 --calm --twice
attempt "faults, twice" "$simulator" --seed 6 --days 0.05 --twice
attempt "faults" "$simulator" --seed 1 --runs 2 --days 0.05
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
