# Sourced by the tests of the appliance: what they need is there, or they are skipped with the reason.
export TAPEDECK_OUT=${TAPEDECK_OUT:-$PWD/out} TAPEDECK_CACHE=${TAPEDECK_CACHE:-$HOME/.cache/tapedeck}
export PATH=$PATH:/usr/sbin:/sbin
python=${TAPEDECK_PYTHON:-python3}

# skip_all "why": the line of the total, and the end.
skip_all() {
    skip "appliance: $1"
    check_done
}

# The image is made when there is none; that it is this tree's is the caller's matter (`make appliance` makes it).
prepare() {
    toolchain/deps appliance >/dev/null 2>&1 || skip_all "qemu-system-arm, mtools or e2fsprogs cannot be had"
    "$python" -c "import pyarrow" 2>/dev/null || skip_all "no Python with pyarrow (TAPEDECK_PYTHON; make venv)"
    if ! compgen -G "$TAPEDECK_OUT/image/tapedeck-*-rpi4.img.zst" >/dev/null; then
        make --no-print-directory OUT="$TAPEDECK_OUT" image >"$TAPEDECK_OUT/image.log" 2>&1 || skip_all "the image cannot be made ($(tail -n 1 "$TAPEDECK_OUT/image.log"))"
    fi
    for program in host/exchange host/tape aarch64/tapedeck; do
        [ -x "$TAPEDECK_OUT/$program" ] || skip_all "$program is not built"
    done
    mkdir -p "$TAPEDECK_OUT/appliance"
    flock "$TAPEDECK_OUT/aarch64/.lock" make --no-print-directory -f toolchain/build.mk PROFILE=aarch64 OUT="$TAPEDECK_OUT" \
        VERSION="$(sed -n 's/^VERSION := //p' Makefile)" appliance >"$TAPEDECK_OUT/appliance/build.log" 2>&1 || skip_all "tests/appliance is not built"
}
