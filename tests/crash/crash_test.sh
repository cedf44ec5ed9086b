#!/usr/bin/env bash
# A sample of `make crash`: power cuts and kills of the journal, of the whole deck and of updates, and that each planted bug is found.
set -u
cd "$(dirname "$0")/../.." || exit 1
crash=${TAPEDECK_OUT:-$PWD/out}/host/crash
passed=0 failed=0
for part in "--subject journal --points 2000 --double 200 --kills 50" "--subject deck --points 2000 --double 200 --kills 50" \
    "--subject update --points 700 --double 100" "--plant all --points 600 --double 0 --kills 0"; do
    # shellcheck disable=SC2086
    line=$("$crash" $part | tee /dev/stderr | tail -n 1)
    read -r p f <<<"$(echo "$line" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')"
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
