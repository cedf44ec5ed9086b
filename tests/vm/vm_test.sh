#!/usr/bin/env bash
# vm_test.sh [CUTS]: a virtual machine records on a real ext4 with the appliance's mount options while each block that reaches its disk is
# logged; then the power is cut at CUTS random places of that log (cuts.py). Skipped where qemu or the kernel cannot be had. SEED=n
# repeats a run's cuts on a new recording; the log is kept in out/vm when something failed.
set -u
cd "$(dirname "$0")/../.." || exit 1
out=${TAPEDECK_OUT:-$PWD/out}
cuts=${1:-40} seed=${SEED:-$(date +%s)} seconds=12
export PATH=$PATH:/usr/sbin:/sbin
export TAPEDECK_CACHE=${TAPEDECK_CACHE:-$HOME/.cache/tapedeck}
skip() {
    echo "skipped vm: $1"
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
}
[ "$(uname -m)" = x86_64 ] || skip "the guest is x86-64, this machine is not"
toolchain/deps vm >/dev/null 2>&1 || skip "qemu-system-x86, cpio or e2fsprogs cannot be had"
kernel=$(tests/vm/kernel 2>&1) || skip "$kernel"
mkdir -p "$out/x86_64"
flock "$out/x86_64/.lock" make --no-print-directory -f toolchain/build.mk PROFILE=x86_64 OUT="$out" VERSION="${TAPEDECK_VERSION:-0.0.0}" vm >&2 || exit 1

dir=$out/vm
rm -rf "$dir"
mkdir -p "$dir/root/modules"
cp "$out/x86_64/vm/guest" "$dir/root/init"
find "$kernel/lib/modules" \( -name 'virtio.ko' -o -name 'virtio_ring.ko' -o -name 'virtio_pci*.ko' -o -name 'virtio_blk.ko' \) \
    -exec cp {} "$dir/root/modules/" \;
(cd "$dir/root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 2>/dev/null | gzip -1) >"$dir/initramfs"
truncate -s 193M "$dir/disk"
mke2fs -q -t ext4 -F -b 4096 -J size=8 -E lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0 "$dir/disk" 192M || exit 1
cp --sparse=always "$dir/disk" "$dir/before"
truncate -s 2G "$dir/log"
# No accelerator: a host's may be there and not work, and the guest needs little.
timeout 180 qemu-system-x86_64 -accel tcg -cpu max -m 384 -display none -nodefaults -no-reboot -serial stdio \
    -kernel "$(echo "$kernel"/boot/vmlinuz-*)" -initrd "$dir/initramfs" -append "console=ttyS0 quiet panic=-1 -- $seconds" \
    -blockdev "driver=file,filename=$dir/disk,node-name=f0" -blockdev driver=raw,file=f0,node-name=r0 \
    -blockdev "driver=file,filename=$dir/log,node-name=l0" -blockdev driver=raw,file=l0,node-name=lr0 \
    -blockdev driver=blklogwrites,file=r0,log=lr0,node-name=d,log-sector-size=512 \
    -device virtio-blk-pci,drive=d,romfile= >"$dir/console" 2>&1 </dev/null
grep -a '^guest: ' "$dir/console"
if ! grep -aq '^guest: done' "$dir/console"; then
    tail -n 20 "$dir/console"
    echo "0 passed, 1 failed"
    exit 1
fi
echo "seed $seed"
passed=0 failed=0
cut() {
    local line p f
    line=$(python3 tests/vm/cuts.py "$dir/log" "$dir/before" "$out/x86_64/vm/check" "$@" | tee /dev/stderr | tail -n 1)
    read -r p f <<<"$(echo "$line" | sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p')"
    passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
}
cut "$cuts" "$seed"
cut 10 "$seed" lie
[ $failed -eq 0 ] && rm -rf "$dir"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
