# Shared by the scripts of board/rpi4: what is where, and files whose bytes depend on nothing but what they are made of.
# The caller set OUT, VERSION and maybe DEBUG, UPDATE_PUB, SOURCE_DATE_EPOCH.
board=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$board/../.." && pwd)
source "$repo/vendor/lib.sh"
export PATH=$PATH:/usr/sbin:/sbin LC_ALL=C TZ=UTC

mkdir -p "${OUT:?}"
out=$(cd "$OUT" && pwd)
built=$out/aarch64           # our programs
vendor_out=$built/vendor     # everybody else's
parts=$out/image/parts${DEBUG:+-debug}
name=tapedeck-${VERSION:?}-rpi4${DEBUG:+-debug}
release=$(cat "$vendor_out/linux/release")
# `+`: changed since. Git refuses another user's tree; an image without a time would start boxes in 1970.
commit=$(git -C "$repo" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
[ "$commit" = unknown ] || git -C "$repo" diff --quiet HEAD -- src vendor toolchain board rootfs Makefile tapedeck.ini || commit+=+
: "${SOURCE_DATE_EPOCH:=$(git -C "$repo" log -1 --format=%ct 2>/dev/null || echo 0)}"
[ "$SOURCE_DATE_EPOCH" -gt 0 ] || die "git does not tell the time of the last commit (another user's tree?): set SOURCE_DATE_EPOCH"
export SOURCE_DATE_EPOCH
# e2fsprogs before 1.47.1 has a name of its own for it; mtools asks whether a FAT of this shape may be.
export E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH MTOOLS_SKIP_CHECK=1

# stamp DIR: every time in it becomes the commit's.
stamp() { find "$1" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +; }

# fat IMAGE BYTES LABEL ID BITS SECTORS-A-CLUSTER DIR: a FAT with the files of DIR in the order of their names.
fat() {
    local image=$1 bytes=$2 label=$3 id=$4 bits=$5 cluster=$6 dir=$7
    rm -f "$image"
    truncate -s "$bytes" "$image"
    mkfs.fat --invariant -F "$bits" -s "$cluster" -n "$label" -i "$id" "$image" >/dev/null
    stamp "$dir"
    (cd "$dir" && find . -mindepth 1 -maxdepth 1 | sort | xargs -I{} mcopy -s -m -i "$image" {} ::)
}
