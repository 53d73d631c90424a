#!/usr/bin/env bash
# Measures tdlake against a naive scikit-learn loop, both from the same snapshot, in the same minutes on the same machine: ratios are what
# counts. The snapshot is of the demonstration's market, or of TDLAKE_REAL_DATA (prices.parquet and holdings.parquet of XLF and XLE).
#
# BASELINES=DIR also runs DIR/numba_long_short.py, where TDLAKE_REAL_DATA is given.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
if [ ! -x "$venv/bin/python" ] || ! cmp -s scripts/bench/requirements.txt "$venv/requirements.txt"; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r scripts/bench/requirements.txt
  cp scripts/bench/requirements.txt "$venv/requirements.txt"
fi

work=$(mktemp -d)
trap 'rm -r -- "$work"' EXIT
exec_bench() { "$venv/bin/python" scripts/bench/compare.py "$@"; }
exec_bench --tdlake bin/tdlake --work "$work" ${TDLAKE_REAL_DATA:+--data "$TDLAKE_REAL_DATA"} ${BASELINES:+--baselines "$BASELINES"}
