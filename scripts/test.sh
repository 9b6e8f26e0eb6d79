#!/bin/bash
# All tests in one configuration, formatting included. The closing line is the test runner's.
set -euo pipefail
cd "$(dirname "$0")/.."
swift format lint --strict -r Sources Tests Benchmarks Package.swift
swift test
