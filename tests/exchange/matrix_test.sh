#!/usr/bin/env bash
# Venues that both the exchange and the recorder speak, at once, through every fault of messages and of connections, over TLS.
#   matrix_test.sh [all | --refuse | VENUE...]   without names: one of each rule, base, framing and handshake; `make matrix` is all of them
set -u
source "$(dirname "${BASH_SOURCE[0]}")/../claims.sh"
[ $# -gt 0 ] || set -- coinbase_advanced kucoin htx bitvavo okx bitfinex bitstamp poloniex upbit
if [ "$1" = all ]; then
    shift
    claims 900 matrix.py "$@"
fi
claims 300 matrix.py "$@"
