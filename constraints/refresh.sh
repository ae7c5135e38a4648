#!/bin/sh
# Rewrite constraints/pyXYZ.txt from a fresh environment: sh constraints/refresh.sh python3.12
set -eu

python=${1:-python3}
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check \
    --editable ".[app,cluster,analysis,gym,notebook,dev]"
name=$("$scratch/venv/bin/python" -c 'import sys; print("py%d%d" % sys.version_info[:2])')
# Only `name==version` lines: pip may add folders and addresses, which name one machine.
"$scratch/venv/bin/python" -m pip list --disable-pip-version-check --format=freeze --exclude-editable \
    --exclude pip --exclude setuptools --exclude wheel >"$scratch/pins.txt"
grep -E '^[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+$' "$scratch/pins.txt" >"constraints/$name.txt"
echo "constraints/$name.txt: $(wc -l <"constraints/$name.txt") versions"
