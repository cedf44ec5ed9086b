# The Raspberry Pi 4 (Cortex-A72), one static file on musl. That core has no atomic instructions of the later kind, so
# choosing them at run time would only cost.
CC := aarch64-linux-gnu-gcc
AR := aarch64-linux-gnu-ar
TRIPLET := aarch64-linux-gnu
MUSL := yes
MACHINE_FLAGS := -mcpu=cortex-a72 -mno-outline-atomics -fstack-protector-strong
# Nothing unwinds a stack: its tables would be a twelfth of the program.
OPT := -O2 -fno-asynchronous-unwind-tables -fno-unwind-tables
VENDOR_FLAGS :=
