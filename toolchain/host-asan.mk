# Unit tests: addresses, undefined behaviour and leaks are checked.
include toolchain/host.mk
OPT := -O1 -g
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
VENDOR_PROFILE := host
