#!/bin/sh
# Resolve pyproject.toml anew into the two lock files; they name versions only, never a host.
set -eu
lock() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.12 --upgrade --no-header \
        --no-emit-index-url --no-emit-find-links --output-file "$@" pyproject.toml
}
lock requirements.lock
lock requirements-dev.lock --extra dev --constraints requirements.lock
echo "moto[server]>=5.0" | .venv/bin/uv pip compile --quiet --universal --python-version 3.12 --upgrade --no-header \
    --no-emit-index-url --no-emit-find-links --no-annotate --output-file requirements-moto.lock -
