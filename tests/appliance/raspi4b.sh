#!/usr/bin/env bash
# tests/appliance/raspi4b.sh [IMAGE.img.zst]: the finished card in a virtual Raspberry Pi 4, booted by the kernel, the initial system and the
# device tree that stand in its slot A, until its data partition is grown and mounted and the recorder runs on it. The newest image of out/image
# unless one is named. Skipped where qemu 9, a tool or the image cannot be had.
#
# The machine is not the board: no firmware starts it, it has no network, and the device tree needs changes for what qemu lacks (below).
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${TAPEDECK_OUT:-$here/../../out}
export PATH=$PATH:/usr/sbin:/sbin MTOOLS_SKIP_CHECK=1
limit_s=120 # against a machine that hangs; an idle host takes some 25 s

absent() {
    skip "raspi4b: $1"
    check_done
}
image=${1:-$(ls -t "$out"/image/tapedeck-*-rpi4.img.zst 2>/dev/null | head -n 1)}
[ -n "$image" ] || absent "no image in $out/image; make image"
(cd "$here/../.." && toolchain/deps appliance image) >/dev/null 2>&1
for tool in fdtput mcopy zstd e2fsck debugfs; do command -v $tool >/dev/null || absent "no $tool"; done
qemu=$("$here/qemu10" 2>&1) || absent "$(tail -n 1 <<<"$qemu")"
qemu=$(tail -n 1 <<<"$qemu")

dir=$(mktemp -d)
pid=
trap '[ -n "$pid" ] && kill "$pid" 2>/dev/null; wait; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
zstd -q -d "$image" -o card.img || absent "$image cannot be unpacked"
truncate -s 512M card.img # the machine wants a power of two; and there is room to grow into
slot_a=$((36 << 20)) data=$((292 << 20))
for file in kernel8.img initrd.img bcm2711-rpi-4-b.dtb cmdline.txt; do
    check "slot A holds $file" mcopy -i card.img@@$slot_a ::$file .
done

# What qemu 10 does not model and Linux waits for or stumbles over: HDMI and what feeds it. The card is wired to the older of the two controllers,
# without the supplies that the firmware switches. The watchdog's first start is taken for a reset at once.
tree=bcm2711-rpi-4-b.dtb
for node in interrupt-controller@7ef00100 i2c@7ef04500 i2c@7ef09500 hdmi@7ef00700 hdmi@7ef05700 clock@7ef00000 watchdog@7e100000; do
    fdtput -t s $tree /soc/$node status disabled
done
for key in mmc-pwrseq non-removable pinctrl-names pinctrl-0; do fdtput -d $tree /soc/mmc@7e300000 $key; done
fdtput -r $tree /soc/mmc@7e300000/wifi@1
fdtput $tree /soc/mmc@7e300000 broken-cd
fdtput -t s $tree /emmc2bus/mmc@7e340000 status disabled

timeout $limit_s "$qemu" -M raspi4b -display none -serial stdio -no-reboot -kernel kernel8.img -dtb $tree -initrd initrd.img \
    -drive if=sd,format=raw,file=card.img -append "$(cat cmdline.txt) console=ttyAMA0,115200 quiet" >console 2>&1 </dev/null &
pid=$!
# Until the last line that is waited for, or the machine's end.
reached() {
    while kill -0 $pid 2>/dev/null && ! grep -aq "$1" console; do sleep 0.1; done
    grep -aq "$1" console
}
claim() { check "$1" reached "$2" || { tail -n 15 console; check_done; }; }
claim "init starts" '^init: started .* slot A'
claim "the card is found by its id" '^init: card found '
claim "the data partition is mounted" '^init: data mounted'
claim "the recorder starts on it" '^recorder: .* event=start '
kill $pid 2>/dev/null
wait $pid 2>/dev/null
pid=

check "under its list of calls" bash -c '! grep -aq rights_kept console'

# What the boot left on the card.
entry() { od -An -t u4 -j $((446 + 48 + 8)) -N 8 card.img; } # of the fourth partition: first sector, sectors
read -r first sectors <<<"$(entry)"
check "the data partition begins where it did" [ "$first" -eq $((data / 512)) ]
check "and has grown to the card's end" [ "$sectors" -gt $(((512 - 292 - 8) * 2048)) ]
dd if=card.img of=data.ext4 bs=4M skip=73 conv=sparse status=none
e2fsck -fy data.ext4 >/dev/null 2>&1 # as after any cut of the power: what its journal holds is taken
check "it is whole" e2fsck -fn data.ext4
check "its file system has grown" [ "$(debugfs -R stats data.ext4 2>/dev/null | sed -n 's/^Block count: *//p')" -gt $((200 << 8)) ]
check_done
