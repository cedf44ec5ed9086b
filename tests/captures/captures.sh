# For the scripts of this folder: check.sh, the programs, the captures and the Python that compares. What is missing ends the
# script as skipped.
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../..
out=${TAPEDECK_OUT:-$root/out}
shared=${TAPEDECK_SHARED:-../shared}
[ -d "$shared" ] || shared=$root/$shared
captures=$shared/captures
python=${TAPEDECK_PYTHON:-python3}
tapedeck=${TAPEDECK:-$out/host/tapedeck}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# needs TEST "what is missing otherwise": ends the script as skipped when the test fails.
needs() {
    eval "$1" >/dev/null 2>&1 && return
    skip "$2"
    check_done
}
needs '[ -x "$tapedeck" ]' "tapedeck is not built ($tapedeck)"
needs '[ -f "$captures/COINBASE.ws.28.zst" ]' "no recorded traffic ($captures)"
needs '"$python" -c "import duckdb, polars, pyarrow"' "no Python with duckdb, polars and pyarrow (TAPEDECK_PYTHON; make venv)"
needs 'command -v zstd' "no zstd program"

# tally COMMAND...: runs a program that ends on `N passed, N failed` and adds its counts; what it says of failures is shown.
tally() {
    local line passed failed
    "$@" >"$dir/tally" 2>&1
    grep -v -E '^[0-9]+ passed, [0-9]+ failed$' "$dir/tally" | cut -c1-600 | head -n 20
    line=$(tail -n 1 "$dir/tally" | grep -E '^[0-9]+ passed, [0-9]+ failed$')
    read -r passed failed <<<"$(echo "$line" | sed -E 's/[^0-9]+/ /g')"
    checks_passed=$((checks_passed + ${passed:-0})) checks_failed=$((checks_failed + ${failed:-1}))
}

# The venues' captures by name; Kraken's version 1 frames are re-spelled once.
kraken_v2() {
    for n in 48 49 50; do
        [ -f "$dir/kraken.$n" ] || "$root/tools/kraken_v2" -o "$dir/kraken.$n" "$captures/KRAKEN.ws.$n.zst"
    done
    echo "$captures/KRAKEN.symbols.zst" "$dir/kraken.48" "$dir/kraken.49" "$dir/kraken.50"
}
# sample NAME: sets venue and files.
sample() {
    case $1 in
    coinbase) venue=coinbase files="$captures/COINBASE.symbols.zst $captures/COINBASE.ws.28.zst" ;;
    binance) venue=binance files="$captures/BINANCE.symbols.zst $captures/BINANCE.http.0.zst $captures/BINANCE.ws.1.zst" ;;
    btcusdt) venue=binance files=$captures/BINANCE_BTCUSDT_2024.ws.1.zst ;;
    kraken) venue=kraken files=$(kraken_v2) ;;
    exact) venue=coinbase files=$here/exact.capture ;;
    names) venue=binance files=$here/names.capture ;;
    increments) venue=coinbase files=$here/increments.capture ;;
    hour) venue=coinbase files=$dir/hour.capture; [ -f "$files" ] || "$python" "$here/faults.py" over-the-hour "$captures/COINBASE.ws.28.zst" >"$files" ;;
    deep) venue=kraken files=$dir/deep.capture; [ -f "$files" ] || "$python" "$here/deep_kraken.py" >"$files" ;;
    esac
}
samples="coinbase binance btcusdt kraken exact deep names increments hour"

# replay NAME FOLDER [PROGRAM...]: the sample through `tapedeck replay --json $extra`; the report goes to FOLDER.json.
extra=
replay() {
    local folder=$2
    sample "$1"
    shift 2
    # shellcheck disable=SC2086 # lists of words
    "${@:-$tapedeck}" replay --venue $venue $files --out "$folder" --json --quiet $extra >"$folder.json" 2>"$folder.log"
}
# field FILE EXPRESSION: a value of a JSON report, by Python on the object r.
field() {
    "$python" -c 'import json, sys; r = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"
}
