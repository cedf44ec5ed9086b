#!/usr/bin/env bash
# The canary of the tests' runner: what fails, dies or says nothing must be counted as failed.
set -u
source "$(dirname "$0")/../check.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# program NAME LINE EXIT: a test program that prints LINE last.
program() {
    printf '#!/bin/sh\necho "%s"\nexit %d\n' "$2" "$3" >"$dir/$1"
    chmod +x "$dir/$1"
}
program good '3 passed, 0 failed' 0
program skips '1 passed, 0 failed, 2 skipped' 0
program bad '1 passed, 1 failed' 1
program lies '1 passed, 0 failed' 1
program silent 'nothing of the kind' 0
printf '#!/bin/sh\nkill -SEGV $$\n' >"$dir/dies"
chmod +x "$dir/dies"

# expect WORDS STATUS PROGRAM...: the total's line and the exit code of a run.
expect() {
    local words=$1 status=$2 said
    shift 2
    said=$(TAPEDECK_OUT=$dir/out tests/run programs "${@/#/$dir/}" 2>&1)
    check "$* exits with $status" [ $? -eq "$status" ]
    check "$* ends on: $words" [ "$(tail -n 1 <<<"$said")" = "$words" ]
}
expect '4 passed, 0 failed, 2 skipped' 0 good skips
expect '4 passed, 1 failed, 0 skipped' 1 good bad
expect '1 passed, 1 failed, 0 skipped' 1 lies
expect '0 passed, 1 failed, 0 skipped' 1 silent
expect '0 passed, 1 failed, 0 skipped' 1 dies
check_done
