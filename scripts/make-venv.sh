#!/bin/sh
# Make an empty virtual environment in the folder named, unless one works there already.
#
# The interpreter is one of this machine; where none fits, uv provides one.
set -eu
target=$1

"$target/bin/python" -c 'import pip' 2>/dev/null && exit 0

if python=$("$(dirname "$0")/find-python.sh"); then
    "$python" -m venv --clear "$target"
elif ! uv venv --quiet --clear --seed --python 3.12 "$target" 2>/dev/null; then
    echo "No Python >= 3.12 with venv runs here and uv could not provide one: install Python 3.12" \
        "(Debian, Ubuntu: apt install python3.12-venv; macOS: brew install python@3.12)," \
        "then run make again." >&2
    exit 1
fi
