#!/bin/sh
# The whole suite with branch coverage, in two processes: everything with compiled kernels, and the
# tests that run kernels once more with the kernels as plain Python, so that their lines count.
set -eu
python=.venv/bin/python
log=build/interpreted-kernels.log
kernel_tests="tests/physics tests/instruments tests/datasets/test_frames.py
    tests/pole/picture/test_thermal_imperfections.py tests/pole/picture/test_clouds.py tests/pole/picture/test_view.py"
mkdir -p build
rm -f .coverage .coverage.*

# shellcheck disable=SC2086 # a list of paths
NUMBA_DISABLE_JIT=1 $python -m coverage run -m pytest -q -m "not slow" -p no:cacheprovider $kernel_tests \
    >$log 2>&1 &
interpreted=$!
trap 'kill $interpreted 2>/dev/null || true' EXIT

$python -m coverage run -m pytest -q
wait $interpreted || { cat $log; exit 1; }
trap - EXIT
echo "Kernels as plain Python:"
tail -n 1 $log

$python -m coverage combine --quiet
$python scripts/coverage_gate.py
