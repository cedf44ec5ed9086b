# Any x86-64 Linux, one static file on musl.
CC := x86_64-linux-gnu-gcc
AR := x86_64-linux-gnu-ar
TRIPLET := x86_64-linux-gnu
MUSL := yes
MACHINE_FLAGS := -march=x86-64 -mtune=generic -fstack-protector-strong
# Nothing unwinds a stack: its tables would be a twelfth of the program.
OPT := -O2 -fno-asynchronous-unwind-tables -fno-unwind-tables
VENDOR_FLAGS :=
