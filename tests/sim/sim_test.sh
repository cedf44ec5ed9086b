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
        grep -E '^(seed|planted)|streams with' "${TMPDIR:-/tmp}/sim-$$.log"
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
# One venue of each rule, fifty symbols, three channels: an hour without faults, and every stream has as many rows as the venue told.
attempt "fifty symbols of five venues, counted" "$simulator" --seed 1 --days 0.0417 --exact --symbols 50 \
    --venues binance,okx,hitbtc,bitfinex,kraken
attempt "faults" "$simulator" --seed 1 --runs 2 --days 0.05
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
