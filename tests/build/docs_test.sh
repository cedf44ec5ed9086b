#!/usr/bin/env bash
# docs/FEATURES.md is what the list of columns prints: after a change of the list, `make docs`.
set -u
source "$(dirname "$0")/../check.sh"
cd "$(dirname "$0")/../.." || exit 1
printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
"${TAPEDECK_OUT:-out}"/host/feature_page >"$printed"
check "the list is printed" [ $? -eq 0 ]
check "docs/FEATURES.md is the list (make docs writes it)" diff "$printed" docs/FEATURES.md

# A column that the page lacks is told.
sed '/`vpin`/d' docs/FEATURES.md >"$printed"
check "a page without vpin differs" bash -c '! diff "$1" docs/FEATURES.md' - "$printed"
check "every column of the list is on the page" \
    [ "$(grep -cE '^\| [0-9]+ \|' docs/FEATURES.md)" -eq "$(awk '/^enum feature /{on = 1} /FEATURES$/{on = 0} on && /FEATURE_[A-Za-z]/' \
        <(gcc -E -P -Isrc src/features/feature.h 2>/dev/null) | grep -oE 'FEATURE_[A-Za-z0-9_]+' | wc -l)" ]
check_done
