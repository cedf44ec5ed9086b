# Unit tests with a counter at every branch: `make coverage`. Assertions of ours count as branches too.
include toolchain/host.mk
OPT := -O0 -g
# The crash program's processes leave by _exit and write their counters themselves, by a call that nothing else asks for.
SANITIZE := --coverage -fprofile-update=atomic -Wl,-u,__gcov_dump
VENDOR_PROFILE := host
