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
SEGMENT_TREE=$tree "${WRITER_TEST:-$out/host-asan/unit/segment/writer_test}" all_tables_are_written || exit 1
"$python" tests/compat/read_back.py "$tree"
