#!/bin/bash
# All tests in one configuration, formatting included. The closing line is the test runner's.
set -euo pipefail
cd "$(dirname "$0")/.."
swift format lint --strict -r Sources Tests Benchmarks Package.swift
# By default all tests are begun at once, and a test that waits for its server then stands behind
# every one that computes: minutes, and its time limit, or the desk's patience, is over. With as many
# at a time as there are threads for them each has one of its own.
swift test --experimental-maximum-parallelization-width "$(nproc)"
