# For scripts that run several long steps: source it, call step, end with steps_done.
steps_passed=0 steps_failed=0 steps_skipped=0 steps_bad=

# step NAME COMMAND...: shows its output and adds up its lines `N passed, N failed[, N skipped]`. A step without such a line counts as one:
# passed or failed by its exit code, skipped when it says so ("skipped: why").
step() {
    local name=$1 log status passed failed skipped
    shift
    log=$(mktemp)
    echo "== $name"
    "$@" 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    read -r passed failed skipped < <(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$log" |
        awk '{ p += $1; f += $3; s += $5; n++ } END { print p + 0, f + 0, n ? s + 0 : -1 }')
    if [ "$skipped" -lt 0 ]; then
        skipped=0
        if [ "$status" -eq 0 ] && grep -q '^skipped: ' "$log"; then skipped=1; elif [ "$status" -eq 0 ]; then passed=1; fi
    fi
    [ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
    [ "$failed" -gt 0 ] && steps_bad+=" $name,"
    steps_passed=$((steps_passed + passed)) steps_failed=$((steps_failed + failed)) steps_skipped=$((steps_skipped + skipped))
    rm -f "$log"
}

# The total of all steps, and the exit code.
steps_done() {
    [ -n "$steps_bad" ] && echo "failed:${steps_bad%,}"
    echo "$steps_passed passed, $steps_failed failed, $steps_skipped skipped"
    [ "$steps_failed" -eq 0 ]
    exit
}
