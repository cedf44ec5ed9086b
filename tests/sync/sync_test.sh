#!/usr/bin/env bash
# A sample of `make sync-sim`: `tape sync` among stores that lie, processes that die and power that fails, and that each planted bug is found.
set -u
cd "$(dirname "$0")/../.." || exit 1
sim=${TAPEDECK_OUT:-$PWD/out}/host/sync-sim
passed=0 failed=0
for part in "--seed 1 --runs 500" "--plant all --runs 1000"; do
    # shellcheck disable=SC2086
    line=$("$sim" $part | tee /dev/stderr | tail -n 1)
    read -r p f <<<"$(echo "$line" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')"
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
