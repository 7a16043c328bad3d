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
lock_ha() { # version of Python; packages from stdin
    .venv/bin/uv pip compile --quiet --python-version "$1" --upgrade --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --output-file "requirements-ha-$1.txt" -
}
printf '%s\n' homeassistant==2025.1.4 sqlalchemy fnv-hash-fast psutil-home-assistant | lock_ha 3.12
printf '%s\n' homeassistant==2025.4.4 sqlalchemy fnv-hash-fast psutil-home-assistant synthetic-home==5.0.3 |
    lock_ha 3.13
