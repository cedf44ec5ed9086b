# This machine, glibc: development and tests.
CC := gcc
AR := ar
TRIPLET := $(shell gcc -dumpmachine 2>/dev/null)
MUSL := no
OPT := -O2 -g
VENDOR_FLAGS := -g1
