# What all profiles share. A profile sets CC, AR, TRIPLET, MUSL, MACHINE_FLAGS, OPT, and may set SANITIZE and VENDOR_PROFILE.
# No fused multiply-add and no fast-math: the same input gives the same bytes on every machine.
WARNINGS := -Wall -Wextra -Werror
CFLAGS_ALL = -std=gnu11 -D_GNU_SOURCE= $(OPT) $(MACHINE_FLAGS) $(SANITIZE) -ffp-contract=off $(WARNINGS) \
             -ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)/=
LDFLAGS_ALL = $(MACHINE_FLAGS) $(SANITIZE) -Wl,--gc-sections -Wl,--build-id=none
ifeq ($(MUSL),yes)
CFLAGS_ALL += -specs=$(VENDOR)/gcc.specs
LDFLAGS_ALL += -specs=$(VENDOR)/gcc.specs -static
endif
