# Sourced by the tests of the appliance: what they need is there, or they are skipped with the reason.
export TAPEDECK_OUT=${TAPEDECK_OUT:-$PWD/out} TAPEDECK_CACHE=${TAPEDECK_CACHE:-$HOME/.cache/tapedeck}
export PATH=$PATH:/usr/sbin:/sbin
python=${TAPEDECK_PYTHON:-python3}

# skip_all "why": the line of the total, and the end.
skip_all() {
    skip "appliance: $1"
    check_done
}

# The newest image is of the programs that are built; make knows whether these are of this tree.
image_is_fresh() {
    local image program
    image=$(ls -t "$TAPEDECK_OUT"/image/tapedeck-*-rpi4.img.zst 2>/dev/null | head -n 1)
    [ -n "$image" ] || return 1
    for program in init tapedeck tape; do
        [ "$TAPEDECK_OUT/aarch64/$program" -nt "$image" ] && return 1
    done
    return 0
}

prepare() {
    toolchain/deps appliance >/dev/null 2>&1 || skip_all "qemu-system-arm, mtools or e2fsprogs cannot be had"
    "$python" -c "import pyarrow" 2>/dev/null || skip_all "no Python with pyarrow (TAPEDECK_PYTHON; make venv)"
    mkdir -p "$TAPEDECK_OUT/appliance"
    if ! image_is_fresh; then
        make --no-print-directory OUT="$TAPEDECK_OUT" image >"$TAPEDECK_OUT/appliance/image.log" 2>&1 ||
            skip_all "the image cannot be made: $(tail -n 1 "$TAPEDECK_OUT/appliance/image.log")"
    fi
    for program in host/exchange host/tape aarch64/tapedeck; do
        [ -x "$TAPEDECK_OUT/$program" ] || skip_all "$program is not built"
    done
    flock "$TAPEDECK_OUT/aarch64/.lock" make --no-print-directory -f toolchain/build.mk PROFILE=aarch64 OUT="$TAPEDECK_OUT" \
        VERSION="$(sed -n 's/^VERSION := //p' Makefile)" appliance >"$TAPEDECK_OUT/appliance/build.log" 2>&1 || skip_all "tests/appliance is not built"
}
