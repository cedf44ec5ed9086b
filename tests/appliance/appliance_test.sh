#!/usr/bin/env bash
# The card's image boots in a virtual machine and records to its first row; `make appliance` has all proofs. Skipped where qemu or the image
# cannot be had.
set -u
cd "$(dirname "$0")/../.." || exit 1
source tests/check.sh
source tests/appliance/prepare.sh
prepare
exec tests/appliance/proofs.sh first_row
