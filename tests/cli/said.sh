# For tests of a command line: source it after check.sh, with $dir a folder of the test's own. What the last command printed is in $dir/out
# and $dir/err.

# gives CODE "claim" COMMAND...: runs the command; the exit code must be CODE.
gives() {
    local code=$1 claim=$2
    shift 2
    "$@" >"$dir/out" 2>"$dir/err"
    local got=$?
    check "$claim: exit code $code, not $got" [ $got -eq "$code" ]
}
says() { check "says '$1'" grep -qF -- "$1" "$dir/err"; }
shows() { check "shows '$1'" grep -qF -- "$1" "$dir/out"; }
