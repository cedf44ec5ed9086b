# For scripts whose program prints claims: source it, then call claims LIMIT_S PROGRAM.py [ARGUMENT...], a program beside the script. What is
# missing ends it as skipped.
source "$(dirname "${BASH_SOURCE[0]}")/check.sh"
here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd) # of the script that sources this
export TAPEDECK_OUT=${TAPEDECK_OUT:-$here/../../out}
python=${TAPEDECK_PYTHON:-python3}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$work"' EXIT

for program in exchange tapedeck tape; do
    [ -x "$TAPEDECK_OUT/host/$program" ] && continue
    skip "$program is not built ($TAPEDECK_OUT/host)"
    check_done
done
if ! "$python" -c "import pyarrow" 2>/dev/null; then
    skip "no Python with pyarrow (TAPEDECK_PYTHON; make venv)"
    check_done
fi

# Each line that the program prints is a claim; ends the script.
claims() {
    local limit_s=$1 program=$2 word rest
    shift 2
    timeout -k 5 "$limit_s" "$python" "$here/$program" "$work" "$@" >"$work/said" 2>&1
    check "$program runs to its end" [ $? -eq 0 ]
    while read -r word rest; do
        case $word in
        ok) check "$rest" true ;;
        FAILED) check "$rest" false ;;
        skipped) skip "$rest" ;;
        note) echo "$rest" ;;
        *) echo "$word $rest" ;;
        esac
    done <"$work/said"
    check_done
}
