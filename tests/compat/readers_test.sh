#!/usr/bin/env bash
# What replays of all captures wrote, opened by DuckDB, pyarrow and Polars: file by file, and as one lake.
set -u
source "$(dirname "$0")/../captures/captures.sh"

folders=()
for name in $samples; do
    replay "$name" "$dir/$name"
    check "$name: replay ends well" [ $? -eq 0 ] || continue
    folders+=("$dir/$name")
    tally "$python" "$root/tests/compat/read_back.py" "$dir/$name"
done
extra="--rows 500 --compat"
replay coinbase "$dir/compat"
check "compat: replay ends well" [ $? -eq 0 ]
tally "$python" "$root/tests/compat/read_back.py" "$dir/compat" compat
tally "$python" "$root/tests/compat/readers.py" "${folders[@]}"
check_done
