#!/usr/bin/env bash
# Two builds of the same commit in two folders give the same programs; a second make does nothing.
set -u
source "$(dirname "$0")/../check.sh"
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# Copies at paths of different length: a path in a binary would show.
for copy in one a-longer-name; do
    mkdir -p "$tree/$copy"
    git ls-files -co --exclude-standard | while read -r f; do [ -f "$f" ] && echo "$f"; done |
        tar -cf - -T - | tar -xf - -C "$tree/$copy"
    make -C "$tree/$copy" OUT=out --no-print-directory x86_64 >"$tree/$copy.log" 2>&1
    check "the static build in a fresh folder ($copy)" [ $? -eq 0 ] || tail -n 20 "$tree/$copy.log"
done

built=0
for program in libtapedeck.a tapedeck tape exchange; do
    [ -f "$tree/one/out/x86_64/$program" ] || continue
    built=$((built + 1))
    check "$program is the same in both" cmp "$tree/one/out/x86_64/$program" "$tree/a-longer-name/out/x86_64/$program"
done
check "something was compared" [ $built -gt 0 ]

again=$(make -C "$tree/one" OUT=out --no-print-directory x86_64 2>&1)
check "the second make does nothing" [ -z "$again" ] || echo "$again"
check_done
