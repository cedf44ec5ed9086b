#!/usr/bin/env bash
# Each rule of tools/tidy complains about a tree made to break it, and about nothing in a tree that keeps them all.
set -u
source "$(dirname "$0")/../check.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tidy=$PWD/tools/tidy
mkdir -p "$dir/toolchain" "$dir/src/base" "$dir/src/net" "$dir/tests/unit/base" "$dir/tools"
cp toolchain/build.mk "$dir/toolchain/"
cd "$dir" || exit 1
git init -q .

# broken FILE LINE COMPLAINT: with LINE at the end of FILE, tidy fails and names the complaint; the file is put back.
broken() {
    local file=$1 line=$2 complaint=$3 said
    [ -f "$file" ] && cp "$file" "$dir/.kept" || rm -f "$dir/.kept"
    printf '%b\n' "$line" >>"$file"
    said=$("$tidy")
    check "complains: $complaint" [ $? -eq 1 ]
    check "names $file: $complaint" grep -q "^$file:[0-9]*: .*$complaint" <<<"$said"
    rm -f "$file"
    [ -f "$dir/.kept" ] && mv "$dir/.kept" "$file"
}

echo .kept >.gitignore
printf '#include "base/a.h"\n#include "net/b.h"\n' >src/net/b.c
printf 'int net(void);\n' >src/net/b.h
printf 'int base(void);\n' >src/base/a.h
printf '#include "base/a.h"\nint base(void)\n{\n    return 1; /* malloc( and stdout in a comment are words */\n}\n' >src/base/a.c
printf 'TEST(a)\n{\n}\n' >tests/unit/base/a_test.c
check "a tree that keeps the rules is clean" "$tidy"

broken src/base/a.c '#include "net/b.h"' 'base must not include net/b.h'
broken src/base/a.c '#include "a.h"' 'write the folder'
broken src/base/a.c 'void *f(void) { return malloc(1); }' 'malloc: memory comes from the caller'
broken src/base/a.c 'void f(char *a) { sprintf(a, ""); }' 'sprintf: never'
broken src/base/a.c 'void f(char *a) { strcpy(a, a); }' 'strcpy: never'
broken src/base/a.c 'void f(void) { printf("x"); }' 'printf: only programs print'
broken src/base/a.c 'void f(void) { fputs("x", stderr); }' 'stderr: the stream comes from the caller'
broken src/base/a.c "$(printf '\\n%.0s' {1..501})" 'at most 500'
broken src/base/a.c "void f(void)\n{$(printf '\\n%.0s' {1..72})}" 'at most 70'
broken src/base/a.c "/* TO""DO: later */" 'a marker for later'
broken src/base/a.c '/* see /ho''me/me/x */' 'path of one machine'
broken src/base/unused.h 'int unused(void);' 'included by nobody'
mkdir src/other
broken src/other/x.c 'int x;' 'has no place in the order of folders'
broken tests/unit/base/gone_test.c 'TEST(a) {}' 'its subject src/base/gone.c does not exist'
broken tools/forgotten '#!/bin/sh' 'named by no other file'
broken tests/unit/base/plain_test.sh '#!/bin/sh' 'not executable'
check_done
