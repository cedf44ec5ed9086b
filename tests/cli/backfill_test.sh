#!/usr/bin/env bash
# Trades that a venue's stream leaves out: after a while none is missing, and the rows and the ledger say where they came from.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../claims.sh"
claims 180 backfill.py
