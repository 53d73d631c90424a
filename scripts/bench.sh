#!/usr/bin/env bash
# Measures tdlake against its alternatives in the same minutes on the same machine, and prints a table of ratios, which are what counts.
# Takes about twenty minutes on a quiet machine and three GiB of disk; each row runs everything a fixed number of times, and none is begun after BENCH_MINUTES.
# Everything is made in a temporary folder and removed at the end. A row that cannot be run here (no PostgreSQL, too few days of prices) is named below the table,
# with the reason.
#
#   BENCH_ONLY=1,2        only these rows of the table: 1 to 10, and growth (how cost grows; only where asked for)
#   BENCH_ROWS=1000000    rows of the tables of rows 5 and 6, in place of ten million
#   BENCH_TIMES=3         runs that the medians are of, in place of five
#   BENCH_MINUTES=10      no row is begun after so many minutes, in place of 45
#   TDLAKE_REAL_DATA=DIR  prices.parquet and holdings.parquet of XLF and XLE, in place of the demonstration's market
#   BASELINES=DIR         also numba_long_short.py and naive_long_short.py of this folder, where TDLAKE_REAL_DATA is given
set -euo pipefail
cd "$(dirname "$0")/.."

venv=.venv
if [ ! -x "$venv/bin/python" ] || ! cat scripts/bench/requirements.txt scripts/bench/optional.txt | cmp -s - "$venv/requirements.txt"; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r scripts/bench/requirements.txt
  "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r scripts/bench/optional.txt ||
    echo "bench: python-glmnet does not install here; row 3 goes without it" >&2
  cat scripts/bench/requirements.txt scripts/bench/optional.txt >"$venv/requirements.txt"
fi
scripts/install-postgres.sh || echo "bench: rows 5, 6, 9 and 10 go without PostgreSQL" >&2

work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -r -- "$work"' EXIT
export NUMBA_CACHE_DIR="$work/numba" PYTHONDONTWRITEBYTECODE=1
"$venv/bin/python" scripts/bench/bench.py --tdlake bin/tdlake --repository . --work "$work" \
  ${TDLAKE_REAL_DATA:+--data "$TDLAKE_REAL_DATA"} ${BASELINES:+--baselines "$BASELINES"} \
  ${BENCH_ONLY:+--only "$BENCH_ONLY"} ${BENCH_ROWS:+--rows "$BENCH_ROWS"} ${BENCH_TIMES:+--times "$BENCH_TIMES"} \
  ${BENCH_MINUTES:+--minutes "$BENCH_MINUTES"}
