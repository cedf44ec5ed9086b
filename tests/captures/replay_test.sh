#!/usr/bin/env bash
# Recorded traffic of the three venues, and two samples made by hand, through `tapedeck replay`: frames, rows, last books and
# digits are what an independent reading of the same files gives.
set -u
source "$(dirname "$0")/captures.sh"

for name in $samples; do
    replay "$name" "$dir/$name"
    check "$name: replay ends well" [ $? -eq 0 ] || { cat "$dir/$name.log"; continue; }
    # shellcheck disable=SC2086 # a list of files
    tally "$python" "$here/compare.py" $venue "$dir/$name" "$dir/$name.json" $files
    check "$name: every segment verifies" "$out/host/tape" verify "$dir/$name" || tail -n 5 "$dir/$name.log"
    check "$name: nothing is left open" [ -z "$(find "$dir/$name/active" -type f)" ]
done

# The sample with large numbers: text stands exactly where a double would not hold the step.
check "exact: rows carry their text from 2^52 steps on, and no others" "$python" "$here/texts.py" "$dir/exact"

# A second count of the same files, made for the venue parsers' unit tests.
tally "$python" "$here/second_count.py" "$captures" "$dir"
check_done
