# Shared by vendor/fetch, vendor/build, vendor/notice and tools/repin: reading pins and finding the cache.
vendor_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${TAPEDECK_CACHE:-${HOME:-/tmp}/.cache/tapedeck}

say() { printf '%s\n' "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}

# pin LIB KEY: one value of vendor/LIB/pin, empty when the key is empty or absent.
pin() { sed -n "s/^$2 *= *//p" "$vendor_dir/$1/pin"; }

# libs_of GROUP: the libraries whose pin says "used = GROUP"; "" is the group of all programs, "image" what the card's image
# adds, which a build of the programs never fetches.
libs_of() {
    local p lib
    for p in "$vendor_dir"/*/pin; do
        lib=$(basename "$(dirname "$p")")
        [ "$(pin "$lib" used)" = "$1" ] && echo "$lib"
    done
    return 0
}

sha256_of() { sha256sum "$1" | cut -d' ' -f1; }

# The unpacked source of a library stands in the cache under the hash of the archive it came from, so that a changed
# pin can never meet the old tree.
source_dir() { echo "$cache/src/$1-$(pin "$1" sha256 | cut -c1-16)"; }

# The private package index: the machine's own mirror with the suite's name swapped. Binary packages are the board's or of no
# architecture; a second word asks for those of another. Nothing of the system is changed and no root is needed. Sets APT_CONFIG; fails on a machine that has no such registry.
open_registry() {
    local suite=$1 arch=${2:-arm64} apt=$cache/apt keyring mirrors
    command -v apt-get >/dev/null || return 1
    keyring=$(dpkg -L debian-archive-keyring 2>/dev/null | grep -m1 'keyrings/debian-archive-keyring\.gpg$') || return 1
    # A machine that never ran an update has no index targets yet; then the addresses an update would read serve.
    mirrors=$({ apt-get indextargets --format '$(REPO_URI)' 2>/dev/null
                apt-get update --print-uris 2>/dev/null | sed -n "s/^'\([^']*\)\/dists\/.*/\1/p"; } |
              grep '/debian/*$' | sed 's:/*$::' | sort -u)
    [ -n "$mirrors" ] || return 1
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/etc" && : >"$apt/status"
    local m
    for m in $mirrors; do
        echo "deb-src [signed-by=$keyring] $m $suite main"
        echo "deb [arch=$arch signed-by=$keyring] $m $suite main non-free-firmware"
    done >"$apt/etc/t.list"
    cat >"$apt/apt.conf" <<END
Dir::Etc::sourcelist "$apt/etc/t.list"; Dir::Etc::sourceparts "/dev/null"; Dir::Etc::preferencesparts "/dev/null";
Dir::State "$apt"; Dir::State::Lists "$apt/lists"; Dir::State::status "$apt/status"; Dir::Cache "$apt/cache";
APT::Sandbox::User ""; APT::Architectures {"$arch";}; APT::Architecture "$arch";
Acquire::Languages "none"; Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false"; Debug::NoLocking "true";
END
    export APT_CONFIG=$apt/apt.conf
    # Once a run is enough; $$ stays the same in subshells, a variable would be lost with them.
    [ -f "$apt/opened.$$" ] && return 0
    say "fetch: reading the package index of $suite"
    apt-get update -qq >"$apt/update.log" 2>&1 || { say "fetch: the registry does not answer"; return 1; }
    rm -f "$apt"/opened.*
    : >"$apt/opened.$$"
}

# Whether open_registry has reached the registry in this run.
registry_answers() { [ -f "$cache/apt/opened.$$" ]; }

# package_now LIB: what the library's package is called now. A kernel's name holds its version; the package that the pin
# follows depends on the newest.
package_now() {
    local follow
    follow=$(pin "$1" follow)
    [ -z "$follow" ] && { pin "$1" package; return; }
    apt-cache show "$follow" 2>/dev/null | sed -n 's/^Depends: *\([^ ,(]*\).*/\1/p' | sort -V | tail -n 1 |
        sed "$(pin "$1" follow_edit)"
}

# registry_files PACKAGE: what the registry offers for it, lines "sha256 bytes file version".
registry_files() {
    apt-cache showsrc "$1" 2>/dev/null | awk '
        /^Version:/ { version = $2 } /^Checksums-Sha256:/ { on = 1; next } /^[^ ]/ { on = 0 }
        on && $3 ~ /\.orig\.tar\.[a-z0-9]+$/ { print $1, $2, $3, version }'
    apt-cache show "$1" 2>/dev/null | awk '
        /^Version:/ { version = $2 } /^Filename:/ { n = split($2, part, "/"); file = part[n] }
        /^Size:/ { bytes = $2 } /^SHA256:/ { sum = $2 }
        /^$/ { if (file) print sum, bytes, file, version; file = "" } END { if (file) print sum, bytes, file, version }'
}
