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

# Beside each other: nothing is lost, outputs do not mix, and a step waits for all of them.
said=$(TAPEDECK_STEPS=2 bash -c 'source tests/steps.sh
    pipe=$(mktemp -u) && mkfifo "$pipe"
    beside reader bash -c "read -r line <$pipe; echo \$line; echo 2 passed, 0 failed"
    beside writer bash -c "echo begun; echo from-writer >$pipe; echo 1 passed, 2 failed, 1 skipped; exit 1"
    beside "three of one core" bash -c "exit 9"
    step last bash -c "[ -e $pipe ] && rm $pipe"
    steps_done')
check "beside: exits with 1" [ $? -eq 1 ]
check "beside: the total" [ "$(tail -n 1 <<<"$said")" = '4 passed, 3 failed, 1 skipped' ]
check "beside: those that failed are named" grep -qE '^failed: (writer, three of one core|three of one core, writer)$' <<<"$said"
check "beside: an output is in one piece" [ "$(grep -A 3 '^== writer$' <<<"$said" | tr '\n' ';')" = '== writer;begun;1 passed, 2 failed, 1 skipped;'"$(
    grep -A 3 '^== writer$' <<<"$said" | tail -n 1);" ]
check "beside: two were there at once" grep -qx from-writer <<<"$said"
check "the seconds of each are told" [ "$(grep -cE '^ *[0-9]+ s  (reader|writer|three of one core|last|in all)$' <<<"$said")" -eq 5 ]
check_done
