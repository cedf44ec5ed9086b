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

# Each list that changes an increment is a row; the file takes the finer scale, which gives all its digits back.
steps=$("$out/host/tape" cat "$dir/increments" --table instruments --symbol BTC-USD --columns price_step --format csv | tail -n +2 | tr '\n' ' ')
check "increments: instruments rows $steps" [ "$steps" = "0.01 0.0001 " ]
scales=$("$python" -c 'import glob, sys; import pyarrow.parquet as p
print(sorted((s["table"], s["symbol"], s["price_scale"]) for s in ({k.decode(): v.decode() for k, v in p.read_schema(f).metadata.items()}
             for f in glob.glob(sys.argv[1] + "/ready/trades/**/*.parquet", recursive=True))))' "$dir/increments")
check "increments: files $scales" [ "$scales" = "[('trades', 'BTC-USD', '4'), ('trades', 'ETH-USD', '2')]" ]
check "hour: two folders" [ "$(find "$dir/hour/ready/book" -name 'hour=*' | sed 's/.*hour=//' | sort -u | wc -l)" = 2 ]

# A restart within the hour takes no standing name.
(cd "$dir/coinbase/ready" && find . -type f -print0 | sort -z | xargs -0 sha256sum) >"$dir/first"
replay coinbase "$dir/coinbase"
check "again: replay into the same folder" [ $? -eq 0 ]
check "again: no file was replaced" bash -c "cd '$dir/coinbase/ready' && sha256sum --quiet -c '$dir/first'"
check "again: as many files were added" [ "$(find "$dir/coinbase/ready" -type f | wc -l)" = $((2 * $(wc -l <"$dir/first"))) ]
check "again: the folder verifies" "$out/host/tape" verify "$dir/coinbase"
rm -rf "$dir/coinbase" && replay coinbase "$dir/coinbase"

# A second count of the same files, made for the venue parsers' unit tests.
tally "$python" "$here/second_count.py" "$captures" "$dir"
check_done
