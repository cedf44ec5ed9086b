#!/usr/bin/env bash
# Segments of every table, with a null in every column that may have one, opened by DuckDB, pyarrow and Polars.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=${TAPEDECK_OUT:-$PWD/out}
python=${TAPEDECK_PYTHON:-}
if [ -z "$python" ] || ! "$python" -c 'import duckdb, polars, pyarrow' 2>/dev/null; then
    echo "skipped readers: no Python with duckdb, polars and pyarrow (TAPEDECK_PYTHON; make venv)"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
fi
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
writer=${WRITER_TEST:-$out/host-asan/unit/segment/writer_test}
passed=0 failed=0
# As recorded, and in the form for old readers.
for compat in "" yes; do
    rm -rf "${tree:?}"/*
    env SEGMENT_TREE="$tree" ${compat:+SEGMENT_COMPAT=$compat} "$writer" all_tables_are_written || failed=$((failed + 1))
    result=$("$python" tests/compat/read_back.py "$tree" ${compat:+compat})
    echo "$result"
    read -r p f <<<"$(echo "$result" | tail -n 1 | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')"
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
