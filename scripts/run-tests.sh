#!/bin/sh
# The whole suite with branch coverage, in two processes of about the same length: the pole's tests, and all
# others after the kernel tests have run once with the kernels as plain Python, so that their lines count.
set -eu
python=.venv/bin/python
log=build/other-tests.log
kernel_tests="tests/physics tests/instruments tests/datasets/test_frames.py
    tests/pole/picture/test_thermal_imperfections.py tests/pole/picture/test_clouds.py tests/pole/picture/test_view.py
    tests/home/test_report_kernels.py tests/home/test_fault_kernels.py tests/home/test_draw_kernels.py"
mkdir -p build
rm -f .coverage .coverage.*

others() {
    # shellcheck disable=SC2086 # a list of paths
    NUMBA_DISABLE_JIT=1 $python -m coverage run -m pytest -q -m "not slow" -p no:cacheprovider $kernel_tests
    $python -m coverage run -m pytest -q -p no:cacheprovider --ignore=tests/pole
}

(others) >$log 2>&1 &
others=$!
trap 'kill $others 2>/dev/null || true' EXIT

echo "The pole's tests; the others write to $log:"
$python -m coverage run -m pytest -q tests/pole
wait $others || { cat $log; exit 1; }
trap - EXIT
echo "Kernels as plain Python, and all other tests:"
grep -E "passed|failed" $log

$python -m coverage combine --quiet
$python scripts/coverage_gate.py
