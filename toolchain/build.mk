# Builds one profile; called by the Makefile with PROFILE, OUT and VERSION. Sources are found by folder: a new file needs no
# line here.
O := $(OUT)/$(PROFILE)
include toolchain/$(PROFILE).mk
VENDOR_PROFILE ?= $(PROFILE)
VENDOR := $(abspath $(OUT))/$(VENDOR_PROFILE)/vendor
include toolchain/common.mk

# musl first: the others are built on it.
LIBS := $(if $(filter yes,$(MUSL)),musl) jsmn inih wslay zstd zlib mbedtls curl expat
# What the card's image adds; fetched and built for it alone.
IMAGE_LIBS := linux linux-headers linux-headers-common raspi-firmware chrony busybox busybox-static mdnsd
LIB_FILES := libcurl.a libexpat.a libmbedtls.a libzstd.a libz.a libwslay.a libinih.a libjsmn.a

# --- sources -------------------------------------------------------------------------------------------------------------
MAINS := src/app/main.c src/app/main_lake.c src/init/main.c
SOURCES := $(filter-out $(MAINS),$(wildcard src/*/*.c))
EXCHANGE := $(wildcard tools/exchange/*.c)
PROXY := $(wildcard tools/proxy/*.c)
BENCHES := $(wildcard tests/bench/*_bench.c)
PAGE_SOURCES := tools/feature_page.c tools/venue_page.c tools/bundle.c
PAGES := $(patsubst tools/%.c,$(O)/%,$(PAGE_SOURCES))
BENCH_SHARED := $(filter-out $(BENCHES),$(wildcard tests/bench/*.c))
UNITS := $(if $(T),tests/unit/$(T:_test=)_test.c,$(wildcard tests/unit/*/*_test.c))
UNIT_SHARED := tests/unit/test.c
# With libFuzzer (profile host-fuzz) it is the driver; else tests/fuzz/seeds.c is. T= of `unit` leaves them out.
FUZZERS := $(if $(FUZZ_ENGINE),$(if $(T),tests/fuzz/$(T)_fuzz.c,$(wildcard tests/fuzz/*_fuzz.c)),$(if $(T),,$(wildcard tests/fuzz/*_fuzz.c)))
FUZZ_DRIVER := $(if $(FUZZ_ENGINE),,tests/fuzz/seeds.c)

# The simulated card, its own tests, and the power cuts on it.
CARD := $(filter-out %_test.c,$(wildcard tests/sim/disk*.c))
CARD_TESTS := $(if $(T),,$(wildcard tests/sim/disk*_test.c))
CRASH := $(wildcard tests/crash/*.c)
# `tape sync` among stores that lie, processes that die and power that fails.
SYNC_SIM := $(wildcard tests/sync/*.c)
VM := $(wildcard tests/vm/*.c)
APPLIANCE := $(wildcard tests/appliance/*.c)
# Programs that tests/features/*_test.sh and tests/stores/*_test.sh compare with an oracle.
DRIVERS := $(wildcard tests/features/*_driver.c tests/stores/*_driver.c)
VM_SHARED := tests/crash/deck_rig.c tests/crash/feed.c
# The whole recorder on a lying world; the venues are the bundled exchange's, without its sockets.
SIM := $(filter-out tests/sim/disk%,$(wildcard tests/sim/*.c))
SIM_VENUES := $(filter-out $(patsubst %,tools/exchange/%.c,main server peer identity control play),$(EXCHANGE))

objects = $(patsubst %.c,$(O)/obj/%.o,$(1))
LIBRARY := $(O)/libtapedeck.a
UNIT_PROGRAMS := $(patsubst tests/unit/%.c,$(O)/unit/%,$(UNITS))
FUZZ_PROGRAMS := $(patsubst tests/fuzz/%_fuzz.c,$(O)/fuzz/%,$(FUZZERS))
CARD_PROGRAMS := $(patsubst tests/%.c,$(O)/%,$(CARD_TESTS))
BENCH_PROGRAMS := $(patsubst tests/bench/%_bench.c,$(O)/bench/%,$(BENCHES))
# First process of the machine that counts instructions (tools/bench_guest.py).
BENCH_GUEST := tests/bench/guest/init.c
DRIVER_PROGRAMS := $(patsubst tests/%.c,$(O)/%,$(DRIVERS))
PROGRAMS := $(if $(wildcard src/app/main.c),$(O)/tapedeck) $(if $(wildcard src/app/main_lake.c),$(O)/tape) $(O)/init \
            $(if $(EXCHANGE),$(O)/exchange) $(if $(PROXY),$(O)/proxy) $(O)/model_driver $(PAGES)

# The orders of folders (tools/tidy reads them here): each may use those to its left, the companion's all of the pipeline too. app wires all;
# the rest stand beside it. The unit tests of a folder are linked with what it may use and nothing else, so that a wrong dependency does not link.
PIPELINE := base journal net venue book features model segment
COMPANION := store lake sync
up_to = $(firstword $(2)) $(if $(filter $(1),$(firstword $(2))),,$(call up_to,$(1),$(wordlist 2,99,$(2))))
may_use = $(if $(filter $(1),$(PIPELINE)),$(call up_to,$(1),$(PIPELINE)),$(if $(filter $(1),app init exchange proxy),*,\
            $(PIPELINE) $(if $(filter $(1),$(COMPANION)),$(call up_to,$(1),$(COMPANION)),$(1))))
sources_for = $(filter-out $(MAINS) tools/%/main.c,$(foreach d,$(call may_use,$(1)),$(wildcard src/$(d)/*.c)) \
              $(if $(filter exchange,$(1)),$(EXCHANGE)) $(if $(filter proxy,$(1)),$(PROXY)))
UNIT_FOLDERS := $(sort $(foreach u,$(UNITS),$(word 3,$(subst /, ,$(u)))))

# --- flags ---------------------------------------------------------------------------------------------------------------
# The allocator's calls pass through src/base/seal_wrap.c in every program: the recorder seals itself, the others never do.
WRAP := $(if $(filter src/base/seal_wrap.c,$(SOURCES)),$(foreach f,malloc calloc realloc free aligned_alloc posix_memalign,-Wl,--wrap=$(f)))
CPPFLAGS_ALL := -Isrc -isystem $(VENDOR)/include
COMPILE = $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL)
LINK = $(CC) $(LDFLAGS_ALL) $(WRAP)
LDLIBS_ALL := $(addprefix $(VENDOR)/lib/,$(LIB_FILES)) -lm -pthread

# A file rewritten only when its text changes: what depends on it is built again when flags, compiler or lists change.
remember = $(shell mkdir -p $(dir $(1)); printf '%s\n' '$(subst ','\'',$(2))' | cmp -s - $(1) || printf '%s\n' '$(subst ','\'',$(2))' >$(1))
COMMIT := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)$(shell git diff --quiet HEAD -- src vendor toolchain Makefile 2>/dev/null || echo +)
$(call remember,$(O)/.flags,$(shell $(CC) -dumpfullversion 2>/dev/null || $(CC) -dumpversion) $(COMPILE) $(LINK))
$(call remember,$(O)/.sources,$(SOURCES))
$(call remember,$(O)/.commit,$(VERSION) $(COMMIT))

# --- targets -------------------------------------------------------------------------------------------------------------
SHARE := $(addprefix $(OUT)/share/,ca-certificates.pem NOTICE.txt)
programs: $(LIBRARY) $(PROGRAMS) $(SHARE)
	@:
unit: $(UNIT_PROGRAMS) $(FUZZ_PROGRAMS) $(CARD_PROGRAMS)
	@:
bench: $(BENCH_PROGRAMS) $(O)/bench/guest/init
	@:
fuzz: $(FUZZ_PROGRAMS)
	@:
crash: $(O)/crash
	@:
sync-sim: $(O)/sync-sim
	@:
vm: $(patsubst tests/vm/%.c,$(O)/vm/%,$(VM))
	@:
appliance: $(patsubst tests/%.c,$(O)/%,$(APPLIANCE))
	@:
sim: $(O)/simulator
	@:
drivers: $(DRIVER_PROGRAMS)
	@:
docs: $(PAGES)
	@:

# Several profiles share the host's libraries: whoever had to wait for the lock finds them ready.
VENDOR_READY := $(VENDOR)/.ready
VENDOR_BUILD = PROFILE=$(VENDOR_PROFILE) CC=$(CC) AR=$(AR) TRIPLET=$(TRIPLET) MUSL=$(MUSL) \
    MACHINE_FLAGS="$(MACHINE_FLAGS) $(VENDOR_FLAGS)" vendor/build $(VENDOR)
$(VENDOR_READY): $(foreach l,$(LIBS),$(wildcard vendor/$(l)/*)) vendor/build vendor/fetch vendor/lib.sh toolchain/$(VENDOR_PROFILE).mk
	@mkdir -p $(VENDOR) && flock $(VENDOR)/.lock sh -c 'test -e $@ && test -z "$$(find $^ -newer $@)" || { $(VENDOR_BUILD) $(LIBS) && touch $@; }'

image-libs: $(VENDOR)/.image-ready
	@:
$(VENDOR)/.image-ready: $(VENDOR_READY) $(foreach l,$(IMAGE_LIBS),$(wildcard vendor/$(l)/*))
	@$(VENDOR_BUILD) $(IMAGE_LIBS) && touch $@

$(OUT)/share/ca-certificates.pem $(OUT)/share/NOTICE.txt &: $(wildcard vendor/*/pin) vendor/notice NOTICE
	@flock $(OUT)/.share-lock vendor/notice $(OUT)/share

# With T= one test is wanted: a file that does not compile just now is left out of the archive, and the link tells whether it
# was needed.
spare = $(if $(and $(T),$(filter src/%,$<)),echo "left out: $<",false)
$(O)/obj/%.o: %.c $(O)/.flags $(VENDOR_READY)
	@mkdir -p $(@D)
	$(call tell,cc,$<)$(COMPILE) $(EXTRA) -MMD -MP -c $< -o $@ || { rm -f $@; $(spare); }

# Version and commit go into one file only, so that a commit rebuilds one object.
$(O)/obj/src/base/build.o $(O)/tidy/src/base/build.ok: EXTRA = -DTD_VERSION='"$(VERSION)"' -DTD_COMMIT='"$(COMMIT)"'
$(O)/obj/src/base/build.o: $(O)/.commit
$(O)/obj/tests/unit/%.o $(O)/tidy/tests/unit/%.ok: EXTRA = -Itests/unit -Itests
$(foreach f,exchange proxy,$(O)/obj/tests/unit/$(f)/%.o $(O)/tidy/tests/unit/$(f)/%.ok): EXTRA = -Itests/unit -Itests -Itools
$(O)/obj/tests/fuzz/%.o $(O)/tidy/tests/fuzz/%.ok: EXTRA = -Itests
$(O)/obj/tests/sim/%.o $(O)/tidy/tests/sim/%.ok: EXTRA = -Itests -Itests/unit -Itools
$(O)/obj/tests/crash/%.o $(O)/tidy/tests/crash/%.ok: EXTRA = -Itests -Itests/unit
$(O)/obj/tests/sync/%.o $(O)/tidy/tests/sync/%.ok: EXTRA = -Itests -Itests/unit -Itools
$(O)/obj/tests/vm/%.o $(O)/tidy/tests/vm/%.ok: EXTRA = -Itests
$(O)/obj/tests/bench/%.o $(O)/tidy/tests/bench/%.ok: EXTRA = -Itests/bench -Itests
$(O)/obj/tools/%.o $(O)/tidy/tools/%.ok: EXTRA = -Itools

# The sources' list is a prerequisite: a file that went away leaves the archive.
archive = $(call tell,ar,$@)mkdir -p $(@D) && rm -f $@ && ls $(filter %.o,$^) 2>/dev/null | xargs $(AR) rcsD $@
$(LIBRARY): $(call objects,$(SOURCES)) $(O)/.sources
	$(archive)

link = $(call tell,ld,$@)mkdir -p $(@D) && $(LINK) -o $@ $(filter %.o,$^) $(if $(WRAP),-u __wrap_malloc) $(filter %.a,$^) $(LDLIBS_ALL)
$(O)/tapedeck: $(O)/obj/src/app/main.o $(LIBRARY)
	$(link)
$(O)/tape: $(O)/obj/src/app/main_lake.o $(LIBRARY)
	$(link)
$(O)/init: $(O)/obj/src/init/main.o $(LIBRARY)
	$(link)
$(O)/exchange: $(call objects,$(EXCHANGE)) $(LIBRARY)
	$(link)
$(O)/proxy: $(call objects,$(PROXY)) $(LIBRARY)
	$(link)
$(PAGES): $(O)/%: $(O)/obj/tools/%.o $(LIBRARY)
	$(link)
# One model by hand, for the tests that compare it.
$(O)/model_driver: $(O)/obj/tests/features/model_driver.o $(LIBRARY)
	$(link)
define unit_folder
$(O)/unit/$(1)/.for.a: $(call objects,$(call sources_for,$(1))) $(O)/.sources
	$$(archive)
$(O)/unit/$(1)/%: $(O)/obj/tests/unit/$(1)/%.o $(call objects,$(UNIT_SHARED)) $(O)/unit/$(1)/.for.a
	$$(link)
endef
$(foreach f,$(UNIT_FOLDERS),$(eval $(call unit_folder,$(f))))
$(filter $(O)/unit/update/%,$(UNIT_PROGRAMS)) $(O)/unit/segment/sealing_test $(O)/unit/app/retention_test $(O)/unit/app/reserve_test $(O)/unit/app/room_test \
$(O)/unit/store/local_test $(O)/unit/store/local_list_test $(O)/unit/store/local_parts_test $(O)/unit/sync/scan_test: $(call objects,$(CARD))
$(FUZZ_PROGRAMS): $(O)/fuzz/%: $(O)/obj/tests/fuzz/%_fuzz.o $(call objects,$(FUZZ_DRIVER)) $(LIBRARY)
	$(link) $(FUZZ_ENGINE)
$(CARD_PROGRAMS): $(O)/sim/%: $(O)/obj/tests/sim/%.o $(call objects,$(CARD) $(UNIT_SHARED)) $(LIBRARY)
	$(link)
$(O)/crash: $(call objects,$(CRASH) $(CARD)) $(LIBRARY)
	$(link)
$(O)/sync-sim: $(call objects,$(SYNC_SIM) $(CARD)) $(LIBRARY)
	$(link)
$(patsubst tests/vm/%.c,$(O)/vm/%,$(VM)): $(O)/vm/%: $(O)/obj/tests/vm/%.o $(call objects,$(VM_SHARED)) $(LIBRARY)
	$(link)
$(patsubst tests/%.c,$(O)/%,$(APPLIANCE)): $(O)/%: $(O)/obj/tests/%.o $(LIBRARY)
	$(link)
$(O)/simulator: $(call objects,$(SIM) $(CARD) $(SIM_VENUES)) $(LIBRARY)
	$(link)
$(DRIVER_PROGRAMS): $(O)/%: $(O)/obj/tests/%.o $(LIBRARY)
	$(link)
$(BENCH_PROGRAMS): $(O)/bench/%: $(O)/obj/tests/bench/%_bench.o $(call objects,$(BENCH_SHARED)) $(LIBRARY)
	$(link)

# It can hide AES instructions from itself.
$(O)/bench/tls: LDFLAGS_ALL += -Wl,--wrap=getauxval
$(O)/bench/guest/init: $(call objects,$(BENCH_GUEST)) $(LIBRARY)
	$(link)

# A check is repeated when its object was: that is when the source or a header of it changed.
CHECKED := $(SOURCES) $(wildcard $(MAINS)) $(EXCHANGE) $(PROXY) tests/features/model_driver.c $(PAGE_SOURCES) $(BENCHES) $(BENCH_SHARED) $(BENCH_GUEST) $(UNITS) $(UNIT_SHARED) \
           $(FUZZERS) $(FUZZ_DRIVER) $(CARD) $(CARD_TESTS) $(CRASH) $(SYNC_SIM) $(VM) $(APPLIANCE) $(SIM) $(DRIVERS)
# How many states of a function the analyzer looks at. Its own default, 225000, takes four times as long and has not found more in this code;
# TIDY_NODES=225000 make clang-tidy is for a quiet night.
TIDY_NODES ?= 40000
TIDY_FLAGS = $(CPPFLAGS_ALL) -std=gnu11 -D_GNU_SOURCE= $(EXTRA) -Xclang -analyzer-config -Xclang max-nodes=$(TIDY_NODES)
clang-tidy: $(patsubst %.c,$(O)/tidy/%.ok,$(CHECKED))
	@:
$(O)/tidy/%.ok: %.c $(O)/obj/%.o .clang-tidy
	@mkdir -p $(@D)
	$(call tell,tidy,$<)clang-tidy --quiet $< -- $(TIDY_FLAGS) >$@.log 2>&1 || \
	    { grep -E '$(if $(V),,: error: )' $@.log | sed 's|^$(CURDIR)/||'; exit 1; }
	@touch $@

# One short line a step; V=1 shows the commands.
tell = $(if $(V),,@printf '%-4s %-10s %s\n' $(1) $(PROFILE) $(2); )

-include $(patsubst %.c,$(O)/obj/%.d,$(SOURCES) $(MAINS) $(EXCHANGE) $(PROXY) tests/features/model_driver.c $(PAGE_SOURCES) $(BENCHES) $(BENCH_SHARED) $(BENCH_GUEST) $(UNITS) $(UNIT_SHARED) \
                                    $(FUZZERS) $(FUZZ_DRIVER) $(CARD) $(CARD_TESTS) $(CRASH) $(SYNC_SIM) $(VM) $(APPLIANCE) $(SIM) $(DRIVERS))
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: programs image-libs unit bench fuzz crash sync-sim vm appliance sim docs clang-tidy
