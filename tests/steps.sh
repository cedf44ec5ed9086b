# For scripts that run several long steps: source it, call step or beside, end with steps_done.
steps_passed=0 steps_failed=0 steps_skipped=0 steps_bad='' steps_table='' steps_begun=$SECONDS
steps_most=${TAPEDECK_STEPS:-$(nproc)} # of beside, at a time
steps_running=0
# Each of them says here that it has ended, by its folder.
steps_pipe=$(mktemp -u) && mkfifo "$steps_pipe" && exec {steps_ended}<>"$steps_pipe" && rm "$steps_pipe"

# step NAME COMMAND...: shows its output and adds up its lines `N passed, N failed[, N skipped]`. A step without such a line counts as one:
# passed or failed by its exit code, skipped when it says so ("skipped: why"). Those beside each other have ended before it begins.
step() {
    local dir
    steps_wait 0
    dir=$(mktemp -d)
    echo "== $1"
    step_run "$dir" "$@" 2>&1 | tee "$dir/log"
    step_count "$dir"
}

# beside NAME COMMAND...: the same for a step that needs one core; as many run beside each other as there are cores (TAPEDECK_STEPS), each with
# its output shown in one piece when it has ended.
beside() {
    local dir
    steps_wait $((steps_most - 1))
    dir=$(mktemp -d)
    echo "-- $1 begins"
    { step_run "$dir" "$@" >"$dir/log" 2>&1; echo "$dir" >&"$steps_ended"; } &
    steps_running=$((steps_running + 1))
}

# step_run FOLDER NAME COMMAND...: leaves name, seconds and status in the folder.
step_run() {
    local dir=$1 begun=$SECONDS
    echo "$2" >"$dir/name"
    shift 2
    "$@"
    echo "$? $((SECONDS - begun))" >"$dir/ended"
}

# steps_wait N: until at most N run beside each other.
steps_wait() {
    local dir
    while [ "$steps_running" -gt "$1" ]; do
        read -r dir <&"$steps_ended"
        steps_running=$((steps_running - 1))
        echo "== $(cat "$dir/name")"
        cat "$dir/log"
        step_count "$dir"
    done
}

# step_count FOLDER: adds what the log of a step says.
step_count() {
    local dir=$1 name status=1 seconds=0 passed failed skipped
    name=$(cat "$dir/name")
    read -r status seconds <"$dir/ended"
    read -r passed failed skipped < <(grep -E '^[0-9]+ passed, [0-9]+ failed(, [0-9]+ skipped)?$' "$dir/log" |
        awk '{ p += $1; f += $3; s += $5; n++ } END { print p + 0, f + 0, n ? s + 0 : -1 }')
    if [ "$skipped" -lt 0 ]; then
        skipped=0
        if [ "$status" -eq 0 ] && grep -q '^skipped: ' "$dir/log"; then skipped=1; elif [ "$status" -eq 0 ]; then passed=1; fi
    fi
    [ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
    [ "$failed" -gt 0 ] && steps_bad+=" $name,"
    steps_passed=$((steps_passed + passed)) steps_failed=$((steps_failed + failed)) steps_skipped=$((steps_skipped + skipped))
    steps_table+=$(printf '%6d s  %s' "$seconds" "$name")$'\n'
    rm -rf "$dir"
}

# The seconds of each step, the total of all, and the exit code.
steps_done() {
    steps_wait 0
    printf '%s%6d s  in all\n' "$steps_table" $((SECONDS - steps_begun))
    [ -n "$steps_bad" ] && echo "failed:${steps_bad%,}"
    echo "$steps_passed passed, $steps_failed failed, $steps_skipped skipped"
    [ "$steps_failed" -eq 0 ]
    exit
}
