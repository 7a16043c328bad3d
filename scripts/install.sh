#!/bin/sh
# Install the packages of a lock file, and this package, into .venv with bytecode compiled.
set -eu
lock=$1
unset PYTHONDONTWRITEBYTECODE # an environment without bytecode compiles every import anew

.venv/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
.venv/bin/uv pip install --quiet --compile-bytecode --python .venv/bin/python --requirements "$lock"
.venv/bin/uv pip install --quiet --no-deps --python .venv/bin/python --editable .
.venv/bin/python -m compileall -q src
