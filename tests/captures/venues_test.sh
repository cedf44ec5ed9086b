#!/usr/bin/env bash
# Recorded traffic of every venue that has some (tests/captures/venues): what the recorder stores is what an independent reading gives.
set -u
source "$(dirname "$0")/captures.sh"
tally "$python" "$here/venues/compare.py" "$tapedeck" "$dir/venues"
check_done
