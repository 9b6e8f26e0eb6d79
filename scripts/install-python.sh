#!/bin/bash
# Installs the Python programs that tests speak with into .peers. Quiet when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")/.."
wanted=Tests/interop/requirements.txt
cmp -s "$wanted" .peers/requirements.txt && exit 0
echo "installing into .peers: $(grep -v '^#' "$wanted" | tr '\n' ' ')"
rm -rf .peers
python3 -m venv .peers
.peers/bin/pip install --quiet --disable-pip-version-check -r "$wanted"
# Last, so that an installation that broke off is begun anew.
cp "$wanted" .peers/
