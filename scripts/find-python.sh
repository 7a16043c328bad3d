#!/bin/sh
# Print the path of an interpreter this project runs on; fail where there is none.
#
#   scripts/find-python.sh          any supported version
#   scripts/find-python.sh 3.13     this version only
#
# Every candidate is run, because a version manager's shim can exist and fail. $PYTHON is tried first.
probe='
import sys, ensurepip, venv
wanted = sys.argv[1]
found = "%d.%d" % sys.version_info[:2]
fits = found == wanted if wanted else sys.version_info >= (3, 12)
print(sys.executable) if fits else sys.exit(1)
'

for candidate in ${PYTHON:+"$PYTHON"} ${1:+"python$1"} python3.12 python3.13 python3 python; do
    path=$("$candidate" -c "$probe" "${1:-}" 2>/dev/null) && [ -n "$path" ] && echo "$path" && exit 0
    [ "$candidate" = "${PYTHON:-}" ] && echo "PYTHON=$PYTHON does not run, or is older than 3.12" >&2
done
exit 1
