#!/usr/bin/env bash
# Our signatures of requests equal those that libcurl makes by its own, over 10,000 random requests in both dialects.
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../check.sh"
driver=${TAPEDECK_OUT:-$(dirname "${BASH_SOURCE[0]}")/../../out}/host/stores/sign_driver
if [ ! -x "$driver" ]; then
    skip "sign_driver is not built ($driver)"
    check_done
fi
said=$("$driver" 10000)
check "10,000 signatures equal libcurl's" [ $? -eq 0 ] || echo "$said"
check "so many were compared" grep -qx '10000 signatures compared, 0 differ' <<<"$said"
check "none is no proof" eval '! "$driver" 0'
check_done
