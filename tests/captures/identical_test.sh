#!/usr/bin/env bash
# The same input gives the same bytes: from run to run, from the static x86-64 program, from the aarch64 one under qemu-user and
# from the host's build. Nothing is allocated once recording runs, and ten symbols fit their memory.
set -u
source "$(dirname "$0")/captures.sh"
x86=$out/x86_64/tapedeck arm=$out/aarch64/tapedeck
rss_limit_kb=65536

for profile in x86_64 aarch64; do
    file=$out/$profile/tapedeck
    if [ ! -x "$file" ]; then
        skip "$profile is not built"
        continue
    fi
    check "$profile: a program of that machine" grep -q "${profile//_/-}" <(file -b "$file" | sed 's/ARM aarch64/aarch64/')
    check "$profile: no interpreter" [ "$(readelf -lW "$file" | grep -c INTERP)" = 0 ]
    check "$profile: no shared library" [ "$(readelf -dW "$file" | grep -c NEEDED)" = 0 ]
done

# Paths and hashes of everything in ready/, receipts too.
tree() { (cd "$1/ready" && find . -type f -print0 | sort -z | xargs -0 sha256sum); }
# same "claim" A B: both trees are there and equal.
same() {
    tree "$dir/$2" >"$dir/a" 2>&1
    tree "$dir/$3" >"$dir/b" 2>&1
    check "$1" [ -s "$dir/a" -a "$(grep -c parquet "$dir/a")" -gt 0 ] || return
    check "$1: the same bytes" cmp "$dir/a" "$dir/b" || diff "$dir/a" "$dir/b" | head -n 6
}
# One run, its exit code and what it says of memory.
run() {
    local name=$1 folder=$2
    shift 2
    replay "$name" "$dir/$folder" "$@"
    check "$folder: ends well" [ $? -eq 0 ] || cat "$dir/$folder.log"
    check "$folder: nothing was allocated after the seal" [ "$(field "$dir/$folder.json" 'r["allocations_after_seal"]')" = 0 ]
}

# The deck's own build stands in every file, so the first four runs are of one commit; their trees are compared as they are.
for name in $samples; do
    [ -x "$x86" ] || break
    run $name $name.x86 env TAPEDECK_SEAL=abort "$x86"
    run $name $name.again "$x86"
    same "$name, run twice" $name.x86 $name.again
    if [ "$("$x86" --version)" = "$(qemu-aarch64 "$arm" --version 2>/dev/null)" ]; then
        run $name $name.arm qemu-aarch64 "$arm"
        same "$name, x86-64 and aarch64" $name.x86 $name.arm
    elif [ $name = coinbase ]; then
        skip "aarch64 beside x86-64: qemu-aarch64 is missing, or the programs are not of one commit (make x86_64 aarch64)"
    fi
    rm -rf "$dir/$name.again" "$dir/$name.arm"
done
if [ "$("$x86" --version 2>/dev/null)" = "$("$tapedeck" --version)" ]; then
    run btcusdt btcusdt.host "$tapedeck"
    same "btcusdt, musl and glibc" btcusdt.x86 btcusdt.host
else
    skip "host beside x86-64: the programs are not of one commit"
fi

# With a journal the rows are the same; small groups and old encodings are the same everywhere.
if [ -x "$x86" ]; then
    extra=--journal
    run coinbase coinbase.journal env TAPEDECK_SEAL=abort "$x86"
    same "coinbase, with a journal" coinbase.x86 coinbase.journal
    check "the journal is there" [ "$(field "$dir/coinbase.journal.json" 'r["journal_bytes"]')" -gt 0 ]
    extra="--rows 700 --compat --level 1"
    run coinbase coinbase.rows "$x86"
    if [ -f "$dir/coinbase.arm.json" ]; then
        run coinbase coinbase.arm-rows qemu-aarch64 "$arm"
        same "coinbase, small groups" coinbase.rows coinbase.arm-rows
    fi
    extra=
fi
rss=$(field "$dir/coinbase.x86.json" 'r["peak_rss_kb"]')
check "ten symbols take $rss kB, at most $rss_limit_kb" [ "$rss" -le $rss_limit_kb ]
check "and the ten symbols are there" [ "$(field "$dir/coinbase.x86.json" 'len(r["books"])')" = 10 ]
check_done
