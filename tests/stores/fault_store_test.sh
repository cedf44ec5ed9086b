#!/usr/bin/env bash
# The store that tests of `tape sync` and of remote paths run against: its sums and signatures by published examples, its rules, its faults.
set -u
cd "$(dirname "$0")" || exit 1
exec "${TAPEDECK_PYTHON:-python3}" fault_store_check.py
