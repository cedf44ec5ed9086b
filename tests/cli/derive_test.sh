#!/usr/bin/env bash
# The verbs that make tables of recorded segments, as their users meet them: help, mistakes, what is written and what is left alone. Values
# are judged by tests/features/lake_test.sh.
set -u
source "$(dirname "$0")/../check.sh"
source "$(dirname "$0")/said.sh"
out=${TAPEDECK_OUT:-$PWD/out}
tape=${TAPE:-$out/host/tape}
fixture=${TAPE_FIXTURE_PROGRAM:-$out/host-asan/unit/lake/verify_test}
if [ ! -x "$tape" ] || [ ! -x "$fixture" ]; then
    skip "tape or its fixture is not built ($tape, $fixture)"
    check_done
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
data=$dir/data lake=$dir/lake
mkdir "$data"
unset DATA_ROOT


# ---- help and mistakes ----
verbs="bars trade-features ticker-features resample features mechanics"
for verb in $verbs evaluate; do
    gives 0 "$verb has help" "$tape" $verb --help
    shows "example:"
    shows "--input"
    gives 2 "$verb without an input" "$tape" $verb --channel trades
    gives 2 "$verb refuses what it does not know" "$tape" $verb --inptu x
    says "Did you mean --input?"
done
for verb in $verbs; do
    case $verb in bars) more="--channel trades" ;; *) more= ;; esac
    # shellcheck disable=SC2086 # words
    {
        gives 2 "$verb without an output" "$tape" $verb --input "$data" $more
        says "--output"
        gives 5 "$verb of nothing there" "$tape" $verb --input "$dir/nowhere" --output "$lake" $more
        says "No such file or directory"
        gives 1 "$verb of an empty folder" "$tape" $verb --input "$data" --output "$lake" $more
        says "no sealed segment"
    }
done
gives 1 "evaluate of an empty folder" "$tape" evaluate --input "$data"
gives 2 "bars of no channel" "$tape" bars --input "$data" --output "$lake" --channel candles
says "book, trades, volume and ticks"
gives 2 "durations that fall" "$tape" bars --input "$data" --output "$lake" --channel trades --durations 60,30
gives 2 "windows of zero" "$tape" trade-features --input "$data" --output "$lake" --rolling-windows 0
gives 2 "a grid of no width" "$tape" resample --input "$data" --output "$lake" --frequency 0s
gives 2 "21 levels" "$tape" resample --input "$data" --output "$lake" --levels 21
gives 2 "an unknown set" "$tape" features --input "$data" --output "$lake" --sets rolling,fast
says "no set 'fast'"
gives 2 "an unknown column" "$tape" features --input "$data" --output "$lake" --columns ofi,ofi_of
says "no column 'ofi_of'"
gives 2 "an unknown cadence" "$tape" features --input "$data" --output "$lake" --emit 2s
gives 2 "an unknown session" "$tape" mechanics --input "$data" --output "$lake" --session moon
printf '[features]\nsets = rolling\nspeed = 3\n' >"$dir/wrong.ini"
gives 3 "a configuration with a mistake" "$tape" features --input "$data" --output "$lake" --config "$dir/wrong.ini"
says "wrong.ini:3"

# ---- the fixture: 100 trades of one instrument within 3 s over an hour's end ----
check "the recorder's writer makes the data directory" env TAPE_FIXTURE="$data" "$fixture" fixture
where=exchange=coinbase/symbol=BTC-USD/date=2026-09-21
gives 0 "a dry run" "$tape" bars --input "$data" --output "$lake" --channel trades --durations 1,60 --dry-run --json
shows '"rows_read":100'
shows '"dry_run":true'
check "writes nothing" [ ! -e "$lake" ]
gives 0 "bars" "$tape" bars --input "$data" --output "$lake" --channel trades --durations 1,60 --json
shows '"status":"success"'
shows '"files_written":2'
check "a file a duration" [ -f "$lake/bars/$where/test_deck_trades-1s.parquet" -a -f "$lake/bars/$where/test_deck_trades-60s.parquet" ]
gives 0 "ls of what was derived" "$tape" ls "$lake"
shows "derived trades-60s"
check "nothing half done stays" [ -z "$(find "$lake" -name '_*')" ]
gives 0 "its rows can be looked at" "$tape" cat "$lake" --format csv --columns kind,bar_duration_sec,trade_count,volume
check "trades are counted once" [ "$(awk -F, '$2 == 1 { n += $3 } END { print n }' "$dir/out")" = 100 ]
sum=$(cat "$lake/bars/$where/"* | sha256sum)
gives 0 "again" "$tape" bars --input "$data" --output "$lake" --channel trades --durations 1,60 --json
shows '"status":"skipped"'
shows '"files_skipped":2'
gives 0 "again, forced" "$tape" bars --input "$data" --output "$lake" --channel trades --durations 1,60 --force --json
shows '"files_written":2'
check "equal bytes again" [ "$sum" = "$(cat "$lake/bars/$where/"* | sha256sum)" ]
gives 0 "another duration stands beside them" "$tape" bars --input "$data" --output "$lake" --channel trades --durations 5
gives 0 "paths in place of --input" "$tape" trade-features "$data/ready/trades" --output "$lake"
shows "100 rows in 1 files"
gives 0 "windows of one's own" "$tape" trade-features --input "$data" --output "$dir/other" --rolling-windows 7
gives 0 "their columns" "$tape" cat "$dir/other" --format csv --columns vwap_7s --limit 1
gives 1 "another symbol is not there" "$tape" bars --input "$data" --output "$lake" --channel trades --symbol ETH-USD

# A level whose digits the file's own scale cannot hold is said, and nothing half done stays.
gives 1 "a level off its steps" "$tape" resample --input "$data" --output "$dir/grid"
says "beyond what its steps can hold"
check "no file of it stays" [ -z "$(find "$dir/grid" -type f 2>/dev/null)" ]

# What cannot be written is said.
touch "$dir/file"
gives 5 "an output that is a file" "$tape" trade-features --input "$data" --output "$dir/file"
says "File exists"

# A torn segment is named and not passed over.
torn=$(find "$data/ready/trades" -name '*.parquet' | head -n 1)
head -c 3000 "$torn" >"$dir/torn" && cp "$dir/torn" "$torn"
gives 6 "a torn segment" "$tape" bars --input "$data" --output "$dir/torn-lake" --channel trades
says "$(basename "$torn")"
check_done
