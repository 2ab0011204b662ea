#!/bin/sh
# Installs checkov from PyPI and scans the rendered chart (checkov.py). It takes a minute and 400 MB, so it is not one of the
# tests that `cargo test` runs.
set -eu
cd "$(dirname "$0")/../.."

python=target/chart/bin/python
[ -x "$python" ] || {
  python3 -m venv target/chart
  target/chart/bin/pip install --quiet --requirement tests/chart/requirements.txt
}
python3 -m venv target/checkov
target/checkov/bin/pip install --quiet 'checkov==3.3.30'
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" tests/chart/checkov.py helm/maillog-exporter target/chart/bin/helm target/checkov/bin/checkov "$folder"
