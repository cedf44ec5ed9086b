#!/usr/bin/env bash
# The card's image: the same bytes from two folders, and in it what its drawing and its manifest say. The programs are those that stand
# built; kernel and firmware come from the cache or the registry.
set -u
source "$(dirname "$0")/../check.sh"
cd "$(dirname "$0")/../.." || exit 1
source vendor/lib.sh
PATH=$PATH:/usr/sbin:/sbin
built=${TAPEDECK_OUT:-$PWD/out}
VERSION=$(sed -n 's/^VERSION := //p' Makefile)
export VERSION
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

if ! why=$(toolchain/deps image 2>&1) || ! why=$(make --no-print-directory OUT="$built" image-libs 2>&1); then
    skip "the card's image: $(grep -m1 error <<<"$why")"
    check_done
fi

# make_image NAME UMASK: the image again, in a folder of that name.
make_image() {
    mkdir -p "$dir/$1"
    ln -s "$built/aarch64" "$built/share" "$dir/$1/"
    (umask "$2" && OUT=$dir/$1 board/rpi4/image) >"$dir/$1.log" 2>&1
}
name=tapedeck-$VERSION-rpi4
check "the image is made" make_image one 022 || cat "$dir/one.log"
(export TZ=Asia/Tokyo HOME=$dir && export TAPEDECK_CACHE=$cache && make_image a-longer-name 077)
check "another folder, time zone and umask give the same bytes" cmp "$dir/one/image/$name.img.zst" "$dir/a-longer-name/image/$name.img.zst"
check "and the same manifest" cmp "$dir/one/image/$name.manifest" "$dir/a-longer-name/image/$name.manifest"
rm -rf "$dir/a-longer-name"
check "it is at most 48 MB" [ "$(stat -c %s "$dir/one/image/$name.img.zst")" -le $((48 << 20)) ]

card=$dir/card.img
zstd -q -d "$dir/one/image/$name.img.zst" -o "$card" --sparse
slice() { dd if="$card" of="$dir/$1" bs=1M skip="$2" count="$3" conv=sparse status=none; }
slice config.img 4 32
slice a.img 36 128
slice b.img 164 128
slice data.img 292 128

table=$(sfdisk -d "$card")
check "the table bears the id by which init finds the card" grep -q 'label-id: 0x54444b31' <<<"$table"
check "four partitions stand where the drawing says" [ "$(grep -oE 'start= *[0-9]+, size= *[0-9]+, type=[0-9a-f]+' <<<"$table" | tr -d ' ')" = \
"start=8192,size=65536,type=c
start=73728,size=262144,type=c
start=335872,size=262144,type=c
start=598016,size=262144,type=83" ]
check "the boot record is empty" cmp -n 16384 <(dd if="$card" bs=512 skip=2048 count=32 status=none) /dev/zero
check "both slots are the image that an update carries" eval 'cmp "$dir/a.img" "$dir/one/image/parts/slot.img" && cmp "$dir/b.img" "$dir/a.img"'
check "the data partition is a sound ext4" e2fsck -fn "$dir/data.img"
check "that can grow to what the table can say" [ "$(dumpe2fs -h "$dir/data.img" 2>/dev/null | sed -n 's/^Reserved GDT blocks: *//p')" -ge 255 ]

mkdir "$dir/TAPEDECK" "$dir/slot" "$dir/initrd"
mcopy -s -i "$dir/config.img" '::*' "$dir/TAPEDECK/"
mcopy -s -i "$dir/a.img" '::*' "$dir/slot/"
check "autoboot.txt has one sector" [ "$(stat -c %s "$dir/TAPEDECK/autoboot.txt")" = 512 ]
check "and names slot A" [ "$(grep . "$dir/TAPEDECK/autoboot.txt" | tr '\n' ' ')" = "[all] boot_partition=2 " ]
with_crlf() { ! grep -qv $'\r$' "$1"; }
check "the owner's configuration has line ends for Notepad" with_crlf "$dir/TAPEDECK/tapedeck.ini"
check "the kernel is a packed one for the board's processor" [ "$(gzip -dc "$dir/slot/kernel8.img" | dd bs=1 skip=56 count=4 status=none)" = ARMd ]
unpacked() { zstd -q -d <"$1" | cpio -idm --quiet -D "$dir/initrd"; }
check "the system unpacks" unpacked "$dir/slot/initrd.img"

manifest=$dir/one/image/$name.manifest
grep -v '^#' "$manifest" >"$dir/listed"
while IFS=$'\t' read -r sum bytes place version licence; do
    check "$place is what the manifest says" [ "$(sha256_of "$dir/$place")" = "$sum" -a "$(stat -c %s "$dir/$place")" = "$bytes" ]
    check "$place has version and licence" [ -n "$version" -a -n "$licence" ]
done <"$dir/listed"
check "no file is missing in the manifest" [ "$(cd "$dir" && find TAPEDECK slot initrd -type f | sort)" = "$(cut -f3 "$dir/listed" | sort)" ]
check "the manifest names the image's hash" grep -q "^# image $(sha256_of "$dir/one/image/$name.img.zst") " "$manifest"

root=$dir/initrd
check "no shell is in it" eval '[ -z "$(find "$root" -name "*sh" -o -name busybox)" ]'
check "no key is in it unless one is given" [ ! -e "$root/etc/update.pub" ]
for program in init bin/tapedeck bin/tape bin/chronyd bin/udhcpc bin/mdnsd; do
    check "$program is static" [ "$(aarch64-linux-gnu-readelf -lW "$root/$program" | grep -c INTERP)" = 0 ]
    check "$program holds no path of the build" [ "$(grep -c -F -e "$PWD/" -e "$cache/" "$root/$program")" = 0 ]
done
check "every module of the order is there, and no other" \
    [ "$(sort "$root/lib/modules/order")" = "$(cd "$root/lib/modules" && ls ./*.xz | sed 's|^\./||' | sort)" ]
after() { [ "$(grep -nx "$1.ko.xz" "$root/lib/modules/order" | cut -d: -f1)" -gt "$(grep -nx "$2.ko.xz" "$root/lib/modules/order" | cut -d: -f1)" ]; }
check "our driver is made for this kernel" \
    [ "$(modinfo -F vermagic "$root/lib/modules/rpi_volt.ko.xz")" = "$(modinfo -F vermagic "$root/lib/modules/ext4.ko.xz")" ]
check "ext4 loads after its journal" after ext4 jbd2
check "the card's controller loads after its supply" after sdhci-iproc fixed
check "ethernet loads after what it stands on" after genet of_mdio
for licence in 'GNU GENERAL PUBLIC LICENSE' 'raspberrypi / firmware' 'Joachim Wiberg' 'musl as a whole'; do
    check "the notice holds: $licence" grep -q "$licence" "$root/share/NOTICE.txt"
done

# Variants, by the one part of it that differs.
variant() { rm -rf "$dir/initrd" && mkdir "$dir/initrd" && OUT=$dir/one DEBUG=${1-} UPDATE_PUB=${2-} board/rpi4/initramfs &&
    unpacked "$dir/one/image/parts${1:+-debug}/initrd.img"; }
printf -- '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n' >"$dir/key.pub"
check "the debug image and a key for updates" variant 1 "$dir/key.pub"
check "it has a shell" [ "$(readlink "$root/bin/sh")" = busybox -a -x "$root/bin/debug-init" ]
check "and the key" cmp "$dir/key.pub" "$root/etc/update.pub"
printf -- '-----BEGIN EC PRIVATE KEY-----\n' >"$dir/key.pub"
check "a private key is refused" eval '! variant 1 "$dir/key.pub"'
check_done
