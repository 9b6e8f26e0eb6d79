# One entry for people and for CI. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# Debug shares its build with the tests; measurements and installations use release.
CONFIGURATION ?= debug
SEEDS ?= 1000
FIRST ?= 1
FUZZ_SECONDS ?= 60
PREFIX ?= /usr
DESTDIR ?=

RUN_PACKAGES := libsqlite3-dev libudev-dev libsystemd-dev pkg-config
TEST_PACKAGES := $(RUN_PACKAGES) umockdev gir1.2-umockdev-1.0 python3-gi tshark systemd udev strace gcc libc6-dev \
	python3-venv ser2net rtl-433
# The row that stands beside gpsd.
BENCH_PACKAGES := $(RUN_PACKAGES) gpsd

.PHONY: help run-setup test-setup bench-setup run test bench sim fuzz lint format install sanitize

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run-setup:
	@scripts/install-packages.sh $(RUN_PACKAGES)

test-setup:
	@scripts/install-packages.sh $(TEST_PACKAGES)
	@scripts/install-python.sh

bench-setup:
	@scripts/install-packages.sh $(BENCH_PACKAGES)

run: run-setup ## build, start the daemon with a simulated station, show the live stream
	swift build -c $(CONFIGURATION) --product tocsind
	swift build -c $(CONFIGURATION) --product tocsin
	@scripts/demo.sh "$$(swift build -c $(CONFIGURATION) --show-bin-path)"

test: test-setup ## everything that CI runs
	scripts/test.sh

# What lives until the process ends is no finding, so leaks are not asked for at its end; growth is
# measured by the tests that count memory. The sanitizer's way to give freed pages back, one by one
# and every five seconds, costs many times what the tests do.
sanitize: test-setup ## the tests under the address and the thread sanitizer
	ASAN_OPTIONS=detect_leaks=0:allocator_release_to_os_interval_ms=-1 TOCSIN_KILLS=20 \
		swift test --scratch-path .build-asan --sanitize=address
	TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/tsan-suppressions.txt TOCSIN_KILLS=20 \
		swift test --scratch-path .build-tsan --sanitize=thread

bench: bench-setup ## one table, each row beside a baseline of the same run
	swift build -c release --product tocsind
	swift build -c release --product bench
	@"$$(swift build -c release --show-bin-path)/bench"

sim: run-setup ## the station under simulated faults: make sim SEEDS=10000
	swift build -c release --product simulate
	@"$$(swift build -c release --show-bin-path)/simulate" --seeds $(SEEDS) --first $(FIRST)

fuzz: run-setup ## a fuzz target per protocol: make fuzz FUZZ_SECONDS=600
	scripts/fuzz.sh $(FUZZ_SECONDS)

lint: ## formatting, as the tests check it
	swift format lint --strict -r Sources Tests Benchmarks Package.swift

format: ## write the formatting
	swift format -i -r Sources Tests Benchmarks Package.swift

# Linked statically: a station has no Swift toolchain.
install: run-setup ## DESTDIR= PREFIX=/usr: programs, unit, user, udev rules, sample configuration
	swift build -c release --static-swift-stdlib --scratch-path .build-install --product tocsind
	swift build -c release --static-swift-stdlib --scratch-path .build-install --product tocsin
	scripts/install.sh .build-install/release "$(DESTDIR)" "$(PREFIX)"
