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

# What a caller runs as a step of its own is left out, by name, and only what exists.
mkdir -p "$dir/tree/tests/some" && cp tests/run "$dir/tree/tests/" && cd "$dir/tree" || exit 1
for name in own other; do cp "$dir/good" "tests/some/${name}_test.sh"; done
said=$(TAPEDECK_OWN_STEPS=some/own_test.sh TAPEDECK_OUT=$dir/out tests/run all)
check "a step of its own is left out" [ "$(tail -n 1 <<<"$said")" = '3 passed, 0 failed, 0 skipped' ]
check "and named" grep -qx 'run as its own step: some/own_test.sh' <<<"$said"
said=$(TAPEDECK_OWN_STEPS=some/gone_test.sh TAPEDECK_OUT=$dir/out tests/run all)
check "one that does not exist is told" [ $? -eq 1 ]
check "and fails" [ "$(tail -n 1 <<<"$said")" = '6 passed, 1 failed, 0 skipped' ]
check_done
