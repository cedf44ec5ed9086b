#!/usr/bin/env bash
# Where third-party archives come from, and what is said when they do not: a made-up library, a stub in place of the
# registry, no network.
set -u
source "$(dirname "$0")/../check.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export TAPEDECK_CACHE=$dir/cache PATH=$dir/bin:$PATH
mkdir -p "$dir/vendor/thing" "$dir/bin" "$dir/tools" "$dir/pool"
cp vendor/fetch vendor/lib.sh "$dir/vendor/"
cp tools/repin "$dir/tools/"

# An archive in two forms, as a registry's repacked one and a project's own release differ.
mkdir "$dir/thing-1.0"
echo 'int thing;' >"$dir/thing-1.0/thing.c"
tar -C "$dir" -czf "$dir/pool/thing_1.0.orig.tar.gz" thing-1.0
tar -C "$dir" -cJf "$dir/release.tar.xz" thing-1.0
sum() { sha256sum "$1" | cut -d' ' -f1; }

write_pin() {
    cat >"$dir/vendor/thing/pin" <<END
name            = thing
version         = 1.0
suite           = some
package         = thing
file            = thing_1.0.orig.tar.gz
bytes           = 1
sha256          = $1
upstream_url    = $2
upstream_sha256 = $3
subdir          =
END
}

# write_registry VERSION SHA256: the stub offers this one; "none" is a registry that does not answer.
write_registry() {
    printf '#!/bin/sh\necho "%s/usr/share/keyrings/debian-archive-keyring.gpg"\n' "$dir" >"$dir/bin/dpkg"
    cat >"$dir/bin/apt-get" <<END
#!/bin/sh
case "\$*" in
*indextargets*) echo http://mirror.invalid/debian ;;
*--print-uris*) ;;
update*) [ $1 != none ] ;;
source*) cp "$dir"/pool/thing_$1.orig.tar.gz . ;;
esac
END
    cat >"$dir/bin/apt-cache" <<END
#!/bin/sh
[ "\$1" = showsrc ] && printf 'Package: thing\nVersion: %s-1\nChecksums-Sha256:\n %s 9 thing_%s.orig.tar.gz\n' $1 $2 $1
END
    chmod +x "$dir"/bin/*
}

# fetch: runs it on an empty cache, keeps what it says.
fetch() {
    rm -rf "$TAPEDECK_CACHE"
    said=$("$dir/vendor/fetch" thing 2>&1)
}
unpacked() { [ -f "$TAPEDECK_CACHE"/src/thing-*/thing.c ]; }

good=$(sum "$dir/pool/thing_1.0.orig.tar.gz") release=$(sum "$dir/release.tar.xz")
wrong=$(printf '0%.0s' {1..64})

write_pin "$good" "" ""
write_registry 1.0 "$good"
check "the pinned archive comes from the registry" fetch
check "and is unpacked" unpacked
check "the line names library, bytes and source" grep -q 'thing 1.0, [0-9]* bytes (registry), sha256 checked' <<<"$said"
rm -rf "$TAPEDECK_CACHE/src"
write_registry none -
check "then the cache serves without a registry" "$dir/vendor/fetch" thing

write_pin "$good" "file://$dir/release.tar.xz" "$release"
check "no registry: the project's release serves" fetch
check "and is unpacked by its own pin" unpacked

write_pin "$good" "file://$dir/release.tar.xz" "$wrong"
check "a release that is not the pinned one is refused" eval '! fetch'
check "and repin is named" grep -q 'tools/repin thing' <<<"$said"

write_pin "$good" "" ""
write_registry 1.1 "$wrong"
check "a superseded pin stops" eval '! fetch'
check "and says what the registry has" \
    grep -q 'pinned thing_1.0.orig.tar.gz gone, registry has thing_1.1.orig.tar.gz *: run tools/repin thing' <<<"$said"

# The registry's index is right and the file is not.
cp "$dir/release.tar.xz" "$dir/pool/thing_1.0.orig.tar.gz"
write_registry 1.0 "$good"
check "an archive with other bytes than pinned is refused" eval '! fetch'
check "and nothing is unpacked" eval '! unpacked'

write_registry 1.1 "$wrong"
# A binary package, in a group of its own: its name on disk has the epoch in another way than the index, and holds its version.
mkdir -p "$dir/vendor/box" "$dir/deb/DEBIAN" "$dir/deb/usr/share/box"
printf 'Package: box-1.0\nVersion: 1:1.0-1\nArchitecture: all\nMaintainer: none\nDescription: none\n' >"$dir/deb/DEBIAN/control"
echo here >"$dir/deb/usr/share/box/file"
PATH=${PATH#*:} dpkg-deb -b "$dir/deb" "$dir/pool/box.deb" >/dev/null
box=$(sum "$dir/pool/box.deb")
cat >"$dir/vendor/box/pin" <<END
name            = box
version         = 1.0
suite           = some
used            = image
arch            = arm64
package         = box-1.0
follow          = box
file            = box-1.0_1.0-1_all.deb
bytes           = 1
sha256          = $box
upstream_url    =
upstream_sha256 =
subdir          =
licence_file    = usr/share/doc/box-1.0/copyright
END
# write_packages VERSION SHA256: the stub offers the package of that version, and `box` depends on it.
write_packages() {
    cat >"$dir/bin/apt-get" <<END
#!/bin/sh
case "\$*" in
*indextargets*) echo http://mirror.invalid/debian ;;
download*) cp "$dir/pool/box.deb" 'box-1.0_1%3a1.0-1_all.deb' ;;
source*) cp "$dir"/pool/thing_1.0.orig.tar.gz . ;;
esac
END
    cat >"$dir/bin/apt-cache" <<END
#!/bin/sh
case "\$*" in
"show box") printf 'Package: box\nDepends: box-$1 (= 1:$1-1)\n' ;;
"show box-$1") printf 'Version: 1:$1-1\nFilename: pool/box-$1_$1-1_all.deb\nSize: 7\nSHA256: $2\n' ;;
"showsrc thing") printf 'Package: thing\nVersion: 1.0-1\nChecksums-Sha256:\n $good 9 thing_1.0.orig.tar.gz\n' ;;
esac
END
}
tar -C "$dir" -czf "$dir/pool/thing_1.0.orig.tar.gz" thing-1.0
good=$(sum "$dir/pool/thing_1.0.orig.tar.gz")
write_pin "$good" "" ""
write_packages 1.0 "$box"
rm -rf "$TAPEDECK_CACHE"
check "what the programs need is fetched" "$dir/vendor/fetch"
check "the image's group is not" eval 'unpacked && [ ! -e "$TAPEDECK_CACHE"/src/box-* ]'
check "the group is fetched when it is asked for" "$dir/vendor/fetch" --group image
check "and unpacked" grep -q here "$TAPEDECK_CACHE"/src/box-*/usr/share/box/file
write_packages 1.1 "$wrong"
rm -rf "$TAPEDECK_CACHE"
said=$("$dir/vendor/fetch" --group image 2>&1)
check "a kernel of another name is named" \
    grep -q 'pinned box-1.0_1.0-1_all.deb gone, registry has box-1.1_1.1-1_all.deb *: run tools/repin box' <<<"$said"
check "repin follows it" "$dir/tools/repin" box
check "with its name, file, hash and paths" [ "$(sed -n 's/^\(package\|version\|file\|sha256\|licence_file\) *= //p' "$dir/vendor/box/pin" | tr '\n' ' ')" = \
    "1.1 box-1.1 box-1.1_1.1-1_all.deb $wrong usr/share/doc/box-1.1/copyright " ]
write_registry 1.1 "$wrong"

check "repin moves the pin" "$dir/tools/repin" thing
check "to the registry's version and hash" eval \
    "grep -q '^version *= 1.1$' '$dir/vendor/thing/pin' && grep -q '^sha256 *= $wrong$' '$dir/vendor/thing/pin'"
check_done
