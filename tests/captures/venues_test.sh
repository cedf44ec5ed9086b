#!/usr/bin/env bash
# Recorded traffic of every venue that has some (tests/captures/venues): what the recorder stores is what an independent reading gives.
set -u
source "$(dirname "$0")/captures.sh"
tally "$python" "$here/venues/compare.py" "$tapedeck" "$dir/venues"

# docs/VENUES.md is what the descriptors and the recordings say: after a change of either, `make docs`.
check "the readings are counted" bash -c '"$1" "$2" --evidence >"$3"' - "$python" "$here/venues/compare.py" "$dir/evidence"
"$out/host/venue_page" <"$dir/evidence" >"$dir/VENUES.md"
check "docs/VENUES.md is up to date (make docs writes it)" diff "$dir/VENUES.md" "$root/docs/VENUES.md"
check "a venue that is left out is seen" bash -c '! diff <(sed "/\`coinbase\`/d" "$1") "$2"' - "$dir/VENUES.md" "$root/docs/VENUES.md"
check_done
