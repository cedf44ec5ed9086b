#!/usr/bin/env bash
# Venues that say beforehand that they will end a connection: another one takes over, and nothing is missing.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../claims.sh"
claims 300 notice.py
