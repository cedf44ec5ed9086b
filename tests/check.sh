# For test scripts: source it, call check and skip, end with check_done.
checks_passed=0 checks_failed=0 checks_skipped=0

# check "what is claimed" COMMAND...: passes when the command does; its own output is dropped.
check() {
    local claim=$1
    shift
    if "$@" >/dev/null 2>&1; then
        checks_passed=$((checks_passed + 1))
        return 0
    fi
    checks_failed=$((checks_failed + 1))
    echo "FAILED: $claim"
    return 1
}

# skip "why"
skip() {
    checks_skipped=$((checks_skipped + 1))
    echo "skipped $*"
}

# The line of the total, as the runner reads it; the script's exit code.
check_done() {
    printf '%d passed, %d failed' $checks_passed $checks_failed
    [ $checks_skipped -gt 0 ] && printf ', %d skipped' $checks_skipped
    echo
    [ $checks_failed -eq 0 ]
    exit
}
