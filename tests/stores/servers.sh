#!/usr/bin/env bash
# What `make stores` runs: tape sync beside real object stores on loopback. Arguments name some of them (seaweedfs swift rclone moto moto-auth
# fake-gcs page). STORES_PYTHON is the Python that has their programs.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../claims.sh"
python=${STORES_PYTHON:-python3}
if ! "$python" -c "import swift, moto" 2>/dev/null; then
    skip "no Python with the stores' programs (STORES_PYTHON; make stores)"
    check_done
fi
if ! "$TAPEDECK_OUT/host/tape" sync --help >/dev/null 2>&1; then
    skip "this tape has no sync"
    check_done
fi
claims 480 servers_check.py "$@"
