#!/usr/bin/env bash
# Fifty symbols of five venues at once: within the printed memory plan, nothing allocated after the seal, no growth.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../claims.sh"
claims 300 memory.py
