# Tests with several threads: data races are checked.
include toolchain/host.mk
OPT := -O1 -g
SANITIZE := -fsanitize=thread -fno-omit-frame-pointer
VENDOR_PROFILE := host
