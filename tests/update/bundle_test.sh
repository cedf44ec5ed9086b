#!/usr/bin/env bash
# The program that makes update bundles, from its command line; its signature is checked by openssl too, where that is installed.
set -u
cd "$(dirname "$0")/../.." || exit 1
source tests/check.sh
source tests/cli/said.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bundle=${BUNDLE:-${TAPEDECK_OUT:-$PWD/out}/host/bundle}
image=$dir/slot.img made=$dir/a.tdu
head -c 65536 /dev/urandom >"$image"
head -c 196608 /dev/zero >>"$image"
make_args=(--key "$dir/keys/update.key" --version 0.6.0 --in "$image")

gives 0 "help" "$bundle" --help
shows "example: bundle key"
shows "exit codes: 0 fine"
gives 2 "no command" "$bundle"
gives 2 "another command" "$bundle" sign x
gives 2 "an option that is none" "$bundle" make --force
gives 2 "an option without its value" "$bundle" make --key
gives 2 "make without a key" "$bundle" make --kind system

gives 0 "a pair" "$bundle" key "$dir/keys"
check "the key is its owner's alone" [ "$(stat -c %a "$dir/keys/update.key")" = 600 ]
gives 5 "a key is never written over" "$bundle" key "$dir/keys"
gives 0 "another pair" "$bundle" key "$dir/others"

gives 0 "a system" "$bundle" make "${make_args[@]}" --kind system --out "$made"
gives 0 "the same again" "$bundle" make "${make_args[@]}" --kind system --out "$dir/b.tdu"
check "the same input gives the same bytes" cmp -s "$made" "$dir/b.tdu"
gives 0 "show" "$bundle" show "$made"
shows "kind=system"
shows "version=0.6.0"
shows "board=rpi4"
shows "image_bytes=262144"
shows "image_sha256=$(sha256sum "$image" | cut -d ' ' -f 1)"
gives 0 "verify" "$bundle" verify --pub "$dir/keys/update.pub" "$made"
gives 1 "another key" "$bundle" verify --pub "$dir/others/update.pub" "$made"
says "signed by a key that is not ours"
gives 3 "a private key signs, a public one does not" "$bundle" make --key "$dir/keys/update.pub" --kind system --version 1 --in "$image" --out "$dir/c.tdu"
check "nothing is left behind" [ ! -e "$dir/c.tdu" ]

gives 0 "a recorder of any size" "$bundle" make --key "$dir/keys/update.key" --kind recorder --version 0.5.1 --in /bin/sh --out "$dir/r.tdu"
gives 0 "verify it" "$bundle" verify --pub "$dir/keys/update.pub" "$dir/r.tdu"
gives 3 "a system of broken sectors" "$bundle" make --key "$dir/keys/update.key" --kind system --version 1 --in "$dir/keys/update.pub" --out "$dir/c.tdu"
gives 3 "another kind" "$bundle" make "${make_args[@]}" --kind kernel --out "$dir/c.tdu"
gives 3 "a version of words" "$bundle" make --key "$dir/keys/update.key" --kind system --version 1.0-rc1 --in "$image" --out "$dir/c.tdu"
gives 5 "no such image" "$bundle" make --key "$dir/keys/update.key" --kind system --version 1 --in "$dir/none" --out "$dir/c.tdu"
gives 5 "no such bundle" "$bundle" show "$dir/none"
gives 1 "no bundle" "$bundle" show "$image"

# Head, signature and manifest by hand: what docs/FORMAT.md says is enough to check it with other tools.
bytes=$(od -An -tu4 -j12 -N4 "$made" | tr -d ' ')
check "the magic" [ "$(head -c 8 "$made")" = TDUPDATE ]
tail -c +$((81 + bytes)) "$made" >"$dir/payload"
check "the payload's hash" [ "$(sha256sum "$dir/payload" | cut -d ' ' -f 1)" = "$("$bundle" show "$made" | sed -n s/payload_sha256=//p)" ]
if command -v zstd >/dev/null; then
    check "the payload is zstd" cmp -s "$image" <(zstd -dcq "$dir/payload")
else
    skip "zstd is not installed"
fi
if command -v openssl >/dev/null; then
    { head -c 16 "$made" && tail -c +81 "$made" | head -c "$bytes"; } >"$dir/signed"
    python3 - "$made" "$dir/der" <<'PY'
# r and s as DER.
import sys
raw = open(sys.argv[1], "rb").read()[16:80]
def number(b):
    b = b.lstrip(b"\0")
    b = b if b and b[0] < 128 else b"\0" + b
    return bytes([2, len(b)]) + b
body = number(raw[:32]) + number(raw[32:])
open(sys.argv[2], "wb").write(bytes([0x30, len(body)]) + body)
PY
    check "openssl agrees with the signature" openssl dgst -sha256 -verify "$dir/keys/update.pub" -signature "$dir/der" "$dir/signed"
    printf x >>"$dir/signed"
    check "openssl refuses another text" sh -c "! openssl dgst -sha256 -verify '$dir/keys/update.pub' -signature '$dir/der' '$dir/signed' >/dev/null 2>&1"
else
    skip "openssl is not installed"
fi
printf '\001' | dd of="$made" bs=1 seek=$(($(stat -c %s "$made") - 5)) conv=notrunc status=none
gives 1 "damage" "$bundle" verify --pub "$dir/keys/update.pub" "$made"
says "the bundle is damaged"
check_done
