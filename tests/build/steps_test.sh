#!/usr/bin/env bash
# The sums of several steps (tests/steps.sh): what fails or says nothing must not be lost among the rest.
set -u
source "$(dirname "$0")/../check.sh"
cd "$(dirname "$0")/../.." || exit 1

# expect LAST-LINE STATUS COMMAND...: the total of the steps, each command one.
expect() {
    local words=$1 status=$2 said
    shift 2
    said=$(bash -c 'source tests/steps.sh; for one; do step "$one" bash -c "$one"; done; steps_done' - "$@")
    check "$* exits with $status" [ $? -eq "$status" ]
    check "$* ends on: $words" [ "$(tail -n 1 <<<"$said")" = "$words" ]
}
expect '7 passed, 0 failed, 2 skipped' 0 'echo 3 passed, 0 failed; echo 3 passed, 0 failed, 2 skipped' 'echo built'
expect '4 passed, 1 failed, 0 skipped' 1 'echo 3 passed, 1 failed; false' 'true'
expect '3 passed, 1 failed, 0 skipped' 1 'echo 3 passed, 0 failed; false'
expect '0 passed, 1 failed, 0 skipped' 1 'echo nothing; exit 2'
expect '1 passed, 0 failed, 1 skipped' 0 'echo "skipped: no compiler"' 'echo 1 passed, 0 failed'
expect '1 passed, 0 failed, 0 skipped' 0 'echo "    5 passed, 3 failed"'
check_done
