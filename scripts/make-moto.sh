#!/bin/sh
# Make .venv-moto: the S3 server that the tests of object stores talk to. An environment of its own, because
# botocore and pandas ask for different versions of python-dateutil.
set -eu
.venv/bin/uv venv --quiet --clear --python .venv/bin/python .venv-moto
.venv/bin/uv pip install --quiet --python .venv-moto/bin/python --requirements requirements-moto.lock
