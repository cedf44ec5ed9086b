# Fuzz targets by clang and its libFuzzer; the third-party libraries stay those of the host profile.
include toolchain/host.mk
CC := clang
OPT := -O1 -g
SANITIZE := -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_ENGINE := -fsanitize=fuzzer
VENDOR_PROFILE := host
