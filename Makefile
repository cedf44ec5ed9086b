# Tapedeck. `make help` lists the targets; the texts are the ## comments beside them.
VERSION := 0.6.0
PROFILES := host host-asan host-tsan x86_64 aarch64

# OUT moves all results elsewhere.
OUT ?= out
export TAPEDECK_CACHE ?= $(HOME)/.cache/tapedeck
NPROC := $(shell nproc 2>/dev/null || echo 2)

# All cores unless -j was given; one build a profile and tree at a time, so that two terminals do not tread on each other.
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(NPROC))
profile = @toolchain/deps build $(filter $(1),x86_64 aarch64) && mkdir -p $(OUT)/$(1) && \
          flock $(OUT)/$(1)/.lock $(MAKE) --no-print-directory $(JOBS) -f toolchain/build.mk \
          PROFILE=$(1) OUT=$(OUT) VERSION=$(VERSION) $(2)

all: host ## everything for this machine (the default)

host: ## build for this machine (glibc) into out/host/
x86_64: ## build the static x86-64 binaries into out/x86_64/
aarch64: ## build the static Raspberry Pi 4 binaries into out/aarch64/
$(PROFILES):
	$(call profile,$@,programs)

demo: host test-deps ## record the bundled exchange for half a minute and look at the result
	@TAPEDECK_PYTHON=$(VENV)/bin/python tools/demo

test: host host-asan x86_64 aarch64 test-deps unit-build ## all tests; ends on the line of the total
	$(call profile,host,crash sim sync-sim drivers)
	@TAPEDECK_PYTHON=$(VENV)/bin/python tests/run all

check: unit ## the quick tests: unit tests with sanitizers

unit: unit-build ## unit tests; T=base/err runs one, UNIT_PROFILE=host-tsan looks for data races
	@tests/run unit $(T)

UNIT_PROFILE := host-asan
export UNIT_PROFILE
unit-build:
	$(call profile,$(UNIT_PROFILE),unit T=$(T))

# Without root and apt-get the compiler cannot be brought here; that is said and is no failure.
FUZZ_SECONDS := 30
fuzz: ## search the parsers for inputs that break them; T=venue SECONDS=30 is one of them, all cores (libFuzzer)
	$(if $(T),$(if $(wildcard tests/fuzz/$(T)_fuzz.c),,$(error no fuzz target $(T); there are:$(patsubst tests/fuzz/%_fuzz.c, %,$(wildcard tests/fuzz/*_fuzz.c)))))
	@if toolchain/deps fuzz; then $(MAKE) --no-print-directory fuzz-run; else echo "skipped: fuzz needs clang with libFuzzer"; fi
fuzz-run:
	$(call profile,host-fuzz,fuzz T=$(T))
	@tests/fuzz/run $(if $(SECONDS),$(SECONDS),$(FUZZ_SECONDS)) $(T)

# Tests that start threads, with the thread sanitizer.
TSAN_TESTS = $(shell grep -lE 'pthread_create|deck_(open|start)|"(deck_feed|loopback|../net/rig)\.h"' tests/unit/*/*_test.c) \
             $(shell grep -lE '"(net/)?(rig|loopback)\.h"' tests/unit/net/*_test.c)
TSAN_PROGRAMS = $(sort $(patsubst tests/%.c,$(OUT)/host-tsan/%,$(TSAN_TESTS)))
tsan: ## the tests that start threads, built to find data races
	$(call profile,host-tsan,$(TSAN_PROGRAMS))
	@UNIT_PROFILE=host-tsan tests/run programs $(abspath $(TSAN_PROGRAMS))

coverage: ## branch coverage of journal, segment, book, ledger and recovery by unit tests, power cuts and simulator
	$(call profile,host-cov,unit crash sim)
	@find $(OUT)/host-cov -name '*.gcda' -delete
	@UNIT_PROFILE=host-cov tests/run unit || true
	@$(OUT)/host-cov/crash --points 400 --double 80 --kills 20 || true
	@$(OUT)/host-cov/simulator --seed 1 --days 0.05 || true
	@tools/coverage $(OUT)/host-cov

CRASH_POINTS := 20000
CRASH_DOUBLE := 2000
crash: ## cut the power at every change of the card, twice too, and kill; CRASH_POINTS=20000 CRASH_DOUBLE=2000 are the least
	$(call profile,host,crash)
	@$(OUT)/host/crash --points $(CRASH_POINTS) --double $(CRASH_DOUBLE) --kills 200 --jobs $(NPROC)
	@$(OUT)/host/crash --plant all --points 1500 --double 0 --kills 0 --jobs $(NPROC)

sim: ## the whole recorder on a lying clock, net and card: SEED=1 DAYS=1 RUNS=1 SIM_PROFILE=host VENUES=okx,kraken SYMBOLS=10; a failure prints its seed
	$(call profile,$(SIM_PROFILE),sim)
	@$(OUT)/$(SIM_PROFILE)/simulator --seed $(or $(SEED),1) --days $(or $(DAYS),1) --runs $(or $(RUNS),1) --jobs $(NPROC) $(if $(VENUES),--venues $(VENUES)) $(if $(SYMBOLS),--symbols $(SYMBOLS)) $(SIM_OPTIONS)
SIM_PROFILE := host

SYNC_RUNS := 10000
sync-sim: ## `tape sync` among stores that lie, processes that die and power that fails: RUNS=10000 SEED=1; a failure prints its seed
	$(call profile,host,sync-sim)
	@$(OUT)/host/sync-sim --seed $(or $(SEED),1) --runs $(or $(RUNS),$(SYNC_RUNS))
	@$(OUT)/host/sync-sim --plant all --runs 2000

VM_CUTS := 200
vm: ## cut the power of a virtual machine that records on a real ext4; VM_CUTS=200
	@tests/vm/vm_test.sh $(VM_CUTS)

appliance: host test-deps ## boot, cut, starve, fill and update the card's image in a virtual machine; skipped where qemu or the kernel cannot be had
	@$(MAKE) --no-print-directory image || echo "the image cannot be made"
	@TAPEDECK_PYTHON=$(VENV)/bin/python tests/appliance/proofs.sh
	@tests/appliance/raspi4b.sh

matrix: host test-deps ## every venue through every fault, on the bundled exchange over TLS
	@TAPEDECK_PYTHON=$(VENV)/bin/python tests/exchange/matrix_test.sh all

notices: host test-deps ## what a venue's notice of its end costs; on a quiet machine (docs/DESIGN.md, Not yet)
	@TAPEDECK_PYTHON=$(VENV)/bin/python tests/exchange/notice.sh

SOAK_MINUTES := 150
soak: ## one long sitting: power cuts, simulator, fuzzing, kills; SOAK_MINUTES=150
	@tools/soak --minutes $(SOAK_MINUTES)

stores: host x86_64 test-deps stores-deps ## tape sync beside real object stores on loopback: SeaweedFS, Swift, rclone, moto, fake-gcs-server
	@STORES_PYTHON=$(STORES_VENV)/bin/python TAPEDECK_PYTHON=$(VENV)/bin/python tests/stores/servers.sh

KILLS := 300
sync-kills: host test-deps ## kill -9 `tape sync` at each of its requests to a store, and faults that take minutes; KILLS=300: each once, the rest by chance
	@TAPEDECK_PYTHON=$(VENV)/bin/python tests/stores/kills.sh $(KILLS)

stores-probe: stores-deps ## ask those stores what they differ in; prints the tables of docs/STORES.md
	@$(STORES_VENV)/bin/python tests/stores/probe

bench: host x86_64 aarch64 test-deps stores-deps ## measure; prints the figures of DESIGN
	$(call profile,host,bench)
	$(call profile,x86_64,bench)
	$(call profile,aarch64,bench)
	@STORES_PYTHON=$(STORES_VENV)/bin/python TAPEDECK_PYTHON=$(VENV)/bin/python tools/bench

lint: host lint-deps ## format, static checks and the rules of the house
	@tools/lint

clang-tidy: # one part of lint
	$(call profile,host,clang-tidy)

fmt: lint-deps ## format all sources
	@tools/lint --fix-format

docs: test-deps ## write docs/FEATURES.md and docs/VENUES.md from what they describe
	$(call profile,host,docs)
	@$(OUT)/host/feature_page >$(OUT)/FEATURES.md && cp $(OUT)/FEATURES.md docs/FEATURES.md
	@$(VENV)/bin/python tests/captures/venues/compare.py --evidence >$(OUT)/evidence && $(OUT)/host/venue_page <$(OUT)/evidence >$(OUT)/VENUES.md && cp $(OUT)/VENUES.md docs/VENUES.md

DEBUG :=
UPDATE_PUB :=
image: aarch64 image-libs ## the Raspberry Pi 4's card into out/image/; DEBUG=1 has a shell on the serial line, UPDATE_PUB=file is the key that signs updates
	@OUT=$(OUT) VERSION=$(VERSION) DEBUG=$(DEBUG) UPDATE_PUB=$(UPDATE_PUB) board/rpi4/image

image-libs: # what the image adds to our programs
	@toolchain/deps image
	$(call profile,aarch64,image-libs)

BUNDLE_KEY :=
KIND := system
bundle: host ## a signed update into out/image/: BUNDLE_KEY=update.key, its update.pub lies beside it (out/host/bundle key DIR makes both); KIND=recorder is the program alone
	$(if $(BUNDLE_KEY),,$(error BUNDLE_KEY=FILE is missing: out/host/bundle key DIR makes one))
	@$(MAKE) --no-print-directory $(if $(filter system,$(KIND)),image UPDATE_PUB=$(or $(UPDATE_PUB),$(patsubst %.key,%.pub,$(BUNDLE_KEY))),aarch64)
	@mkdir -p $(OUT)/image
	$(if $(filter system,$(KIND)),,@aarch64-linux-gnu-strip -o $(OUT)/image/recorder $(OUT)/aarch64/tapedeck)
	@$(OUT)/host/bundle make --key $(BUNDLE_KEY) --kind $(KIND) --version $(VERSION) --board rpi4 \
	    --in $(if $(filter system,$(KIND)),$(OUT)/image/parts/slot.img,$(OUT)/image/recorder) \
	    --out $(OUT)/image/tapedeck-$(VERSION)-rpi4$(if $(filter system,$(KIND)),,-recorder).tdu

size: x86_64 aarch64 ## binary sizes and static memory
	@tools/size $(OUT)

.PHONY: steps-build install uninstall deb
steps-build: host host-asan x86_64 aarch64 test-deps unit-build # what the steps of .ci/run need, with all cores
	$(call profile,host,crash sim sync-sim drivers)

HOST_ARCH := $(shell uname -m)
install: $(filter $(HOST_ARCH),x86_64 aarch64) ## put the static programs, the systemd service and manual pages on this host; DESTDIR= PREFIX=/usr/local
	@DESTDIR='$(DESTDIR)' PREFIX='$(or $(PREFIX),/usr/local)' rootfs/host/install $(OUT) $(HOST_ARCH) $(VERSION)

uninstall: ## take them away again; configuration and recorded data stay
	@DESTDIR='$(DESTDIR)' PREFIX='$(or $(PREFIX),/usr/local)' rootfs/host/install uninstall

deb: x86_64 aarch64 ## packages for Debian in out/deb/, of both machines
	@toolchain/deps package
	@rootfs/host/deb $(OUT) $(VERSION) amd64 arm64

fetch: ## bring the programs' third-party archives into the cache
	@vendor/fetch

fetch-image: ## bring what the card's image adds: kernel, firmware, network and time programs (100 MB)
	@vendor/fetch --group image

venv-python: # where the Python of the tests is
	@echo $(VENV)/bin/python
venv: test-deps ## the Python packages that tests compare with, in the cache

install-deps: ## install host packages for building, testing and linting
	@toolchain/deps build x86_64 aarch64 test lint

test-deps:
	@toolchain/deps test
	@toolchain/venv $(VENV)
# What cannot be had is counted as skipped by who needs it.
stores-deps:
	@toolchain/deps stores && toolchain/venv $(STORES_VENV) tests/stores/requirements.txt || echo "the stores' programs cannot be had here"
lint-deps:
	@toolchain/deps lint

clean: ## remove out/ (the cache stays)
	rm -rf $(OUT)

help: ## this list
	@awk -F':.*## ' '/^[a-z0-9_-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

STORES_VENV := $(TAPEDECK_CACHE)/stores-$(shell sha256sum tests/stores/requirements.txt 2>/dev/null | cut -c1-16)
VENV := $(TAPEDECK_CACHE)/venv-$(shell sha256sum tests/requirements.txt 2>/dev/null | cut -c1-16)
export TAPEDECK_OUT := $(abspath $(OUT))
export TAPEDECK_VERSION := $(VERSION)

.PHONY: all $(PROFILES) demo test check unit unit-build fuzz fuzz-run coverage tsan soak venv-python crash sync-sim vm sim appliance matrix notices stores sync-kills stores-probe stores-deps bench lint clang-tidy fmt docs image image-libs bundle size fetch fetch-image venv install-deps test-deps lint-deps clean help
