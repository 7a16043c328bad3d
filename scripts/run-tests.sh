#!/bin/sh
# The whole suite with branch coverage, folder by folder; the kernel tests run once more with the kernels as plain
# Python, so that their lines count.
set -eu
python=.venv/bin/python
log=build/tests/plain-kernels.log
kernel_tests="tests/physics tests/instruments tests/datasets/test_frames.py
    tests/pole/picture/test_thermal_imperfections.py tests/pole/picture/test_clouds.py tests/pole/picture/test_view.py
    tests/home/test_report_kernels.py tests/home/test_fault_kernels.py tests/home/test_draw_kernels.py"
mkdir -p build/tests
rm -f .coverage .coverage.*

# shellcheck disable=SC2086 # a list of paths
NUMBA_DISABLE_JIT=1 $python -m coverage run -m pytest -q -m "not slow" -p no:cacheprovider $kernel_tests >$log 2>&1 &
kernels=$!
trap 'kill $kernels 2>/dev/null || true' EXIT

scripts/test-folders.sh build/tests $python -m coverage run -m pytest -q -p no:cacheprovider
wait $kernels || { cat $log; exit 1; }
trap - EXIT
echo "kernels as plain Python: $(grep -E "passed" $log)"

$python -m coverage combine --quiet
$python scripts/coverage_gate.py
