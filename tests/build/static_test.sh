#!/usr/bin/env bash
# The shipped programs need nothing of the system they run on, and are as small as promised.
set -u
source "$(dirname "$0")/../check.sh"

for profile in x86_64 aarch64; do
    for program in tapedeck tape; do
        file=$TAPEDECK_OUT/$profile/$program
        check "$profile/$program is there" [ -x "$file" ] || continue
        check "$profile/$program asks for no interpreter" \
            [ "$("$profile-linux-gnu-readelf" -lW "$file" | grep -c INTERP)" = 0 ]
        check "$profile/$program needs no shared library" \
            [ "$("$profile-linux-gnu-readelf" -dW "$file" | grep -c NEEDED)" = 0 ]
        check "$profile/$program holds no path of the build" \
            [ "$(grep -c -F -e "$PWD" -e "${TAPEDECK_CACHE:-$HOME/.cache/tapedeck}" "$file")" = 0 ]
    done
done
check "sizes are within the limits" tools/size "$TAPEDECK_OUT" || tools/size "$TAPEDECK_OUT"
check_done
