#!/usr/bin/env bash
# A build from nothing in a folder of another name gives the same programs as the build of this tree; a second make does nothing.
set -u
source "$(dirname "$0")/../check.sh"
cd "$(dirname "$0")/../.." || exit 1
out=${TAPEDECK_OUT:-$PWD/out}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

make --no-print-directory OUT="$out" x86_64 >"$tree/here.log" 2>&1
check "the static build here" [ $? -eq 0 ] || tail -n 20 "$tree/here.log"
# At a path of another length: a path in a binary would show. The copy is no repository, so it is told the commit.
mkdir -p "$tree/a-longer-name"
git ls-files -co --exclude-standard | while read -r f; do [ -f "$f" ] && echo "$f"; done |
    tar -cf - -T - | tar -xf - -C "$tree/a-longer-name"
fresh=(make -C "$tree/a-longer-name" OUT=out --no-print-directory x86_64 COMMIT="$(cut -d' ' -f2 "$out/x86_64/.commit")")
"${fresh[@]}" >"$tree/log" 2>&1
check "the static build in a fresh folder" [ $? -eq 0 ] || tail -n 20 "$tree/log"

built=0
for program in libtapedeck.a tapedeck tape exchange; do
    [ -f "$tree/a-longer-name/out/x86_64/$program" ] || continue
    built=$((built + 1))
    check "$program is the same in both" cmp "$tree/a-longer-name/out/x86_64/$program" "$out/x86_64/$program"
done
check "something was compared" [ $built -gt 0 ]

again=$("${fresh[@]}" 2>&1)
check "the second make does nothing" [ -z "$again" ] || echo "$again"
check_done
