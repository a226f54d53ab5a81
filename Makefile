# make help      says what there is
SHELL := /bin/bash
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
SYSCONFDIR ?= /etc
# Units, users and run-time folders. Empty: where systemd looks, as scripts/installed-files says.
SYSTEMDDIR ?=

# Tests at a time: all at once, they would starve each other of the few threads that Swift has.
TEST_WIDTH ?= 6

# Where the built programs are.
BUILT ?= .build/release

# For how long `make fuzz` tries each target, which targets, and what `make sanitize` looks for; all if empty.
TIME ?= 60
TARGET ?=
SANITIZER ?=

# What `make evaluate` measures.
MODEL ?= $(firstword $(wildcard Models/*.safetensors))
DATA ?=
TEACHER ?=

# The Swift runtime is linked in, so that what is installed needs no Swift toolchain.
RELEASE := -c release --static-swift-stdlib
SWIFT_SOURCES := Sources Tests Package.swift $(wildcard Benchmarks/Package.swift Benchmarks/Sources) \
  Fuzzing/Package.swift Fuzzing/Sources

.PHONY: help run release test lint format bench fuzz sanitize training evaluate samples install uninstall deb test-systemd clean

help: ## Say what there is
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

run: ## Listen to Audio/ (or MUSIC=dir), show an example, stay until Ctrl-C
	@scripts/run --check-folder
	@$(MAKE) --no-print-directory release
	@BUILT="$(BUILT)" scripts/run

release: ## Build the programs, optimised
	@scripts/install-dependencies build
	@scripts/swift-build $(RELEASE)

test: ## Install what the tests need, then lint, build and run every test
	@scripts/install-dependencies build test
	@scripts/lint
	@scripts/swift-build --build-tests
	@scripts/test-python
	SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=$(TEST_WIDTH) swift test --skip-build

lint: ## Check the style of every Swift file
	@scripts/lint

format: ## Put every Swift file into the house's style
	swift format format --in-place --parallel --recursive $(SWIFT_SOURCES)

bench: ## Measure speed and memory (BENCH="--quick", "--help"; PEERS=1 runs other programs too, MUSIC=dir)
	@scripts/install-dependencies build
	@BUILT="$${HARK_BUILT:-$(BUILT)}" scripts/ensure-built
	@HARK_BUILT="$${HARK_BUILT:-$(abspath $(BUILT))}" swift run -c release --package-path Benchmarks bench $(BENCH)
ifneq ($(PEERS),)
	@scripts/install-dependencies peers
	@BUILT="$${HARK_BUILT:-$(BUILT)}" scripts/bench-peers
endif

fuzz: ## Give each way in bytes that libFuzzer makes (TARGET=name ..., TIME=seconds for each)
	@scripts/install-dependencies build
	@scripts/fuzz $(TIME) $(TARGET)

sanitize: ## Run the rooms' tests under sanitizers (SANITIZER=address or thread)
	@scripts/install-dependencies build test
	@scripts/sanitize $(SANITIZER)

training: ## Make the Python environment of Models/training in .build-training
	@scripts/install-dependencies training
	@scripts/python-environment .build-training Models/training/requirements.txt

evaluate: ## Measure the model through `hark embed` (DATA=collected audio, TEACHER=yamnet.tflite)
	@test -f "$(DATA)/recordings.csv" || { echo "make evaluate: DATA=FOLDER is needed, with the recordings.csv" \
	  "that Models/training/collect makes" >&2; exit 1; }
	@$(MAKE) --no-print-directory training
	@BUILT="$(BUILT)" scripts/ensure-built
	@.build-training/bin/python Models/training/evaluate "$(DATA)" --hark "$(BUILT)/hark" --model "$(MODEL)" \
	  $(if $(TEACHER),--teacher "$(TEACHER)")

samples: ## Make the files in Audio/ anew
	@scripts/install-dependencies samples
	@scripts/make-samples

install: ## Install under PREFIX=/usr/local (DESTDIR= for packaging)
	@BUILT="$(BUILT)" scripts/ensure-built
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" SYSCONFDIR="$(SYSCONFDIR)" SYSTEMDDIR="$(SYSTEMDDIR)" BUILT="$(BUILT)" \
	  scripts/install

uninstall: ## Remove what install put there; settings and state stay
	@DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" SYSCONFDIR="$(SYSCONFDIR)" SYSTEMDDIR="$(SYSTEMDDIR)" \
	  scripts/uninstall

deb: release ## Make a Debian package in .build-deb
	@scripts/install-dependencies deb
	@BUILT="$(BUILT)" scripts/make-deb

test-systemd: deb ## Boot a Debian system with the package in it and check the service (needs root)
	@scripts/install-dependencies deb test-systemd
	@scripts/test-systemd

clean: ## Remove what was built
	swift package clean
