#!/usr/bin/env bash
# `tape sync` in every direction, by sync_copy.py: folder to folder, deck to disk and back, store to folder, store to store; filters, dry run, second
# run, what is damaged or in conflict, killed in between, odd names. In memory where there is room: a sync waits for all that others write.
set -u
[ -w /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt 500000 ] && export TMPDIR=/dev/shm
source "$(dirname "${BASH_SOURCE[0]}")/../claims.sh"
claims 100 sync_copy.py
