#!/usr/bin/env bash
# The packages and `make install`: what they hold, that it runs from there, that two builds are equal, that an owner's configuration and data
# outlive upgrade, removal and purge, and how closely the service is shut in.
set -u
source "$(dirname "$0")/../check.sh"
cd "$(dirname "$0")/../.." || exit 1
out=${TAPEDECK_OUT:-$PWD/out}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
has() { command -v "$1" >/dev/null; }

# --- make install, into a folder ------------------------------------------------------------------------------------------
machine=$(uname -m)
host=$dir/host
if [ -x "$out/$machine/tapedeck" ]; then
    DESTDIR=$host PREFIX=/opt/deck rootfs/host/install "$out" "$machine" 9.9.9 >"$dir/said" 2>&1
    check "install into a folder" [ $? -eq 0 ] || cat "$dir/said"
    check "the installed program reads the installed configuration" \
        bash -c '"$1/opt/deck/bin/tapedeck" config --effective --config "$1/etc/tapedeck/tapedeck.ini" >"$2"' - "$host" "$dir/effective"
    check "data goes to /var/lib/tapedeck" grep -qE 'data_dir *= */var/lib/tapedeck' "$dir/effective"
    check "the frame log goes to /run/tapedeck" grep -qE 'shm_dir *= */run/tapedeck' "$dir/effective"
    check "the service starts the program of the prefix" \
        grep -q '^ExecStart=/opt/deck/bin/tapedeck record --config /etc/tapedeck/tapedeck.ini' "$host/opt/deck/lib/systemd/system/tapedeck.service"
    for verb in record replay status config venues symbols; do
        check "the manual has tapedeck $verb" grep -q "^\.SS tapedeck $verb$" <(zcat "$host/opt/deck/share/man/man1/tapedeck.1.gz")
    done
    check "the manual says what --help says" grep -qF 'stop cleanly after so long' <(zcat "$host/opt/deck/share/man/man1/tapedeck.1.gz")
    check "every verb of tape that --help lists is in the manual" [ "$("$out/$machine/tape" --help | grep -cE '^  [a-z]+(-[a-z]+)* +[a-z]')" \
        -eq "$(zcat "$host/opt/deck/share/man/man1/tape.1.gz" | grep -c '^\.SS ')" ]
    echo '; mine' >>"$host/etc/tapedeck/tapedeck.ini"
    DESTDIR=$host PREFIX=/opt/deck rootfs/host/install "$out" "$machine" 9.9.9 >"$dir/said" 2>&1
    check "a second install says that the configuration is kept" grep -q '^kept: ' "$dir/said"
    check "and keeps it" grep -q '^; mine$' "$host/etc/tapedeck/tapedeck.ini"
    DESTDIR=$host PREFIX=/opt/deck rootfs/host/install uninstall >"$dir/said" 2>&1
    check "uninstall leaves the configuration alone" [ "$(find "$host" -type f | sed "s|^$host||")" = /etc/tapedeck/tapedeck.ini ]
else
    skip "install: no build for this machine in $machine"
fi

# --- the service ----------------------------------------------------------------------------------------------------------
# What the programs' own lists let through, their service does too: a call that is refused outside would end them.
expand() { # GROUP-OR-NAME...
    local name
    for name; do
        case $name in
        @*) expand $(systemd-analyze syscall-filter "$name" 2>/dev/null | sed -nE 's/^ +([@a-z0-9_-]+)$/\1/p') ;;
        *) echo "$name" ;;
        esac
    done
}
service() { # NAME LIST...: its unit, and the lists of calls its program has
    local unit=rootfs/host/$1.service name=$1 exposure names
    shift
    exposure=$(systemd-analyze security --no-pager --offline=true "$unit" 2>&1 | sed -nE 's/.*Overall exposure level.*: ([0-9.]+) .*/\1/p')
    echo "exposure of $name: ${exposure:-unknown} (0 to 10)"
    check "$name: its exposure is at most 2" awk -v e="${exposure:-10}" 'BEGIN { exit !(e <= 2) }'
    sed "s|/usr/bin/tape[a-z]*|/bin/true|; /^Documentation=/d" "$unit" >"$dir/$name.service"
    check "$name: systemd finds nothing to say about it" \
        bash -c '[ -z "$(systemd-analyze verify "$1" 2>&1 | grep -F "$1")" ] && systemd-analyze verify "$1"' - "$dir/$name.service"
    : >"$dir/allowed"
    while read -r names; do
        if [ "${names#\~}" != "$names" ]; then
            # shellcheck disable=SC2086
            expand ${names#\~} | grep -vxFf - "$dir/allowed" >"$dir/left"
            mv "$dir/left" "$dir/allowed"
        else
            # shellcheck disable=SC2086
            expand $names >>"$dir/allowed"
        fi
    done < <(sed -n 's/^SystemCallFilter=//p' "$unit")
    for names; do sed -nE 's/^CALL\(([a-z0-9_]+),.*/\1/p' "src/base/rights_$names.def"; done | sort -u >"$dir/wanted"
    printf '%s\n' prctl seccomp >>"$dir/wanted"
    [ "$name" != tapedeck ] || printf '%s\n' capget capset >>"$dir/wanted"
    check "$name: there are lists of calls" [ "$(wc -l <"$dir/wanted")" -gt 50 ]
    grep -vxFf "$dir/allowed" "$dir/wanted" >"$dir/missing"
    check "$name: the service lets through what its program calls" [ ! -s "$dir/missing" ] || paste -sd' ' "$dir/missing"
    check "$name: and not everything" bash -c '! grep -qxE "mount|reboot|ptrace|bpf" "$1"' - "$dir/allowed"
}
if has systemd-analyze && systemd-analyze security --help 2>/dev/null | grep -q -- --offline; then
    service tapedeck common recorder resolver
    check "the recorder cannot change who it is" bash -c '! grep -qx setuid "$1"' - "$dir/allowed"
    check "the recorder may read the state of the clock" bash -c '! grep -q "^ProtectClock=yes" rootfs/host/tapedeck.service'
    service tapedeck-sync common tape sync
    sed -i 's/^PrivateTmp=yes/PrivateTemp=yes/' "$dir/tapedeck.service"
    check "systemd would say something about a wrong line" bash -c 'systemd-analyze verify "$1" 2>&1 | grep -q PrivateTemp' - "$dir/tapedeck.service"
else
    skip "service: systemd-analyze security --offline is not there"
fi

# --- removed and installed again --------------------------------------------------------------------------------------------
mkdir "$dir/stand-ins"
cat >"$dir/stand-ins/deb-systemd-helper" <<'END'
#!/bin/sh
masked=${0%/*}/masked
case "$1" in mask) : >"$masked" ;; unmask) rm -f "$masked" ;; esac
END
printf '#!/bin/sh\n' | tee "$dir"/stand-ins/{deb-systemd-invoke,systemctl,systemd-sysusers} >/dev/null
chmod 755 "$dir"/stand-ins/*
PATH=$dir/stand-ins:$PATH rootfs/host/postrm remove
check "a removal masks the service" [ -e "$dir/stand-ins/masked" ]
PATH=$dir/stand-ins:$PATH rootfs/host/postinst configure 0.0.1
check "and one that comes back can start" [ ! -e "$dir/stand-ins/masked" ]

# --- packages -------------------------------------------------------------------------------------------------------------
if ! has dpkg-deb || [ ! -x "$out/x86_64/tapedeck" ] || [ ! -x "$out/aarch64/tapedeck" ]; then
    skip "packages: dpkg-deb or the static builds are not there"
    check_done
fi
export SOURCE_DATE_EPOCH=1767225600
mkdir -p "$dir/one" "$dir/another-one"
for copy in one another-one; do
    ln -s "$out"/{x86_64,aarch64,share} "$dir/$copy/"
    rootfs/host/deb "$dir/$copy" 0.0.1 amd64 arm64 >"$dir/said" 2>&1
    check "packages are built ($copy)" [ $? -eq 0 ] || cat "$dir/said"
done
for arch in amd64 arm64; do
    deb=$dir/one/deb/tapedeck_0.0.1_$arch.deb
    check "$arch: two builds are equal" cmp "$deb" "$dir/another-one/deb/tapedeck_0.0.1_$arch.deb"
    check "$arch: says so" [ "$(dpkg-deb -f "$deb" Architecture)" = "$arch" ]
    dpkg-deb -c "$deb" >"$dir/list"
    check "$arch: all is root's" [ "$(awk '{ print $2 }' "$dir/list" | sort -u)" = root/root ]
    for file in usr/bin/tapedeck usr/bin/tape usr/lib/systemd/system/tapedeck.service usr/lib/systemd/system/tapedeck-sync.service usr/lib/sysusers.d/tapedeck.conf etc/tapedeck/tapedeck.ini \
        usr/share/tapedeck/ca-certificates.pem usr/share/doc/tapedeck/NOTICE.txt usr/share/doc/tapedeck/copyright usr/share/man/man5/tapedeck.ini.5.gz; do
        check "$arch: holds $file" grep -q " \./$file$" "$dir/list"
    done
    dpkg-deb -x "$deb" "$dir/$arch"
done
check "the two hold programs of two machines" bash -c '! cmp "$1/amd64/usr/bin/tapedeck" "$1/arm64/usr/bin/tapedeck"' - "$dir"
run() { # ARCH RUNNER...: the packaged recorder with the packaged configuration
    local arch=$1
    shift
    "$@" "$dir/$arch/usr/bin/tapedeck" config --config "$dir/$arch/etc/tapedeck/tapedeck.ini" && "$@" "$dir/$arch/usr/bin/tape" --version
}
emulator=$(command -v qemu-aarch64 qemu-aarch64-static | head -n 1)
if [ "$machine" = x86_64 ]; then check "amd64: runs" run amd64; else skip "amd64: this machine is another"; fi
if [ "$machine" = aarch64 ]; then
    check "arm64: runs" run arm64
elif [ -n "$emulator" ]; then
    check "arm64: runs under qemu-user" run arm64 "$emulator"
else
    skip "arm64: qemu-user is not there"
fi
if has lintian; then
    # Static programs on purpose; initial uploads and init scripts are the distribution's matter.
    lintian --fail-on error,warning --suppress-tags statically-linked-binary,embedded-library,initial-upload-closes-no-bugs,missing-systemd-service-for-init.d-rcS-script \
        "$dir"/one/deb/*.deb >"$dir/said" 2>&1
    check "lintian is content" [ $? -eq 0 ] || cat "$dir/said"
else
    skip "lintian is not there"
fi

# --- installed, upgraded, removed, purged, in a root of its own -----------------------------------------------------------
deck=$(dpkg --print-architecture 2>/dev/null)
case $deck in amd64 | arm64) ;; *) deck= ;; esac
as_root=
[ "$(id -u)" -eq 0 ] || as_root=fakeroot
if [ -z "$deck" ] || { [ -n "$as_root" ] && ! has fakeroot; }; then
    skip "installing: dpkg is of another machine, or neither root nor fakeroot is there"
    check_done
fi
root=$dir/root
mkdir -p "$root"/var/lib/dpkg/{info,updates,triggers} "$root"/etc "$root"/tmp
: >"$root/var/lib/dpkg/status"
: >"$root/var/lib/dpkg/available"
deck() {
    $as_root dpkg --root="$root" --log=/dev/null --force-script-chrootless --force-depends --force-not-root --force-confdef --force-confold "$@" \
        >"$dir/said" 2>&1 </dev/null
}
(cd "$dir" && cp -r "$dir/one" "$dir/two" && rm -rf "$dir/two/deb")
rootfs/host/deb "$dir/two" 0.0.2 "$deck" >/dev/null 2>&1
deck -i "$dir/one/deb/tapedeck_0.0.1_$deck.deb"
check "installs" [ $? -eq 0 ] || cat "$dir/said"
check "is installed" grep -q '^Status: install ok installed' "$root/var/lib/dpkg/status"
if has systemd-sysusers; then
    check "there is an account" grep -q '^tapedeck:' "$root/etc/passwd"
fi
mkdir -p "$root/var/lib/tapedeck/ready"
echo rows >"$root/var/lib/tapedeck/ready/segment"
echo '; mine' >>"$root/etc/tapedeck/tapedeck.ini"
deck -i "$dir/two/deb/tapedeck_0.0.2_$deck.deb"
check "upgrades" [ $? -eq 0 ] || cat "$dir/said"
check "is the newer one" grep -q '^Version: 0.0.2' "$root/var/lib/dpkg/status"
check "an upgrade keeps the owner's configuration" grep -q '^; mine$' "$root/etc/tapedeck/tapedeck.ini"
deck -r tapedeck
check "is removed" [ $? -eq 0 ] || cat "$dir/said"
check "its programs are gone" [ ! -e "$root/usr/bin/tapedeck" ]
check "removal keeps the configuration" [ -e "$root/etc/tapedeck/tapedeck.ini" ]
deck -P tapedeck
check "is purged" [ $? -eq 0 ] || cat "$dir/said"
check "purge takes the configuration" [ ! -e "$root/etc/tapedeck" ]
check "purge says that the data stays" grep -q 'recorded data stays in /var/lib/tapedeck' "$dir/said"
check "and it does" grep -qx rows "$root/var/lib/tapedeck/ready/segment"
check_done
