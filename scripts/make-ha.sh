#!/bin/sh
# Make .venv-ha-3.12 and .venv-ha-3.13: the two versions of Home Assistant that must open our homes. Environments of
# their own, because Home Assistant pins SQLAlchemy and numpy.
#
#   scripts/make-ha.sh              both; one whose interpreter is not to be had is left out
#   scripts/make-ha.sh 3.12         this one only; fails where there is no such interpreter
set -eu

for python_version in ${1:-3.12 3.13}; do
    target=.venv-ha-$python_version
    lock=requirements-ha-$python_version.txt
    cmp -s "$lock" "$target/.installed" && continue
    if python=$(PYTHON='' scripts/find-python.sh "$python_version"); then
        .venv/bin/uv venv --quiet --clear --python "$python" "$target"
    elif ! .venv/bin/uv venv --quiet --clear --python "$python_version" "$target" 2>/dev/null; then
        echo "no Python $python_version runs here: homes are not tried in the Home Assistant that needs it" >&2
        [ $# -eq 0 ] && continue
        exit 1
    fi
    .venv/bin/uv pip install --quiet --compile-bytecode --python "$target/bin/python" --requirements "$lock"
    cp "$lock" "$target/.installed"
done
