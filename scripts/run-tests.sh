#!/bin/sh
# The whole suite with branch coverage, in two processes: everything with compiled kernels, and the
# tests of packages that hold kernels again with the kernels as plain Python, so that their lines count.
set -eu
python=.venv/bin/python
log=build/interpreted-kernels.log
mkdir -p build
rm -f .coverage .coverage.*

NUMBA_DISABLE_JIT=1 $python -m coverage run -m pytest -q -m kernels -p no:cacheprovider >$log 2>&1 &
interpreted=$!
trap 'kill $interpreted 2>/dev/null || true' EXIT

$python -m coverage run -m pytest -q
wait $interpreted || { cat $log; exit 1; }
trap - EXIT
echo "Kernels as plain Python:"
tail -n 1 $log

$python -m coverage combine --quiet
$python scripts/coverage_gate.py
