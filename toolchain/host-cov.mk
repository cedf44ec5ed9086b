# Unit tests with a counter at every branch: `make coverage`. Assertions of ours count as branches too.
include toolchain/host.mk
OPT := -O0 -g
SANITIZE := --coverage -fprofile-update=atomic
VENDOR_PROFILE := host
