# `make demo` and `make test` are all a fresh clone needs; each makes .venv first.

.PHONY: help setup demo test fast lint coverage bench bench-detect bench-loop ha-check ha-full lock clean
.DELETE_ON_ERROR:
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
RUNTIME := .venv/.runtime-installed
TOOLS := .venv/.tools-installed

help:
	@echo "make setup     environment in .venv"
	@echo "make demo      environment, then generate, train and judge; ends with a report in demo/"
	@echo "make test      environment, then every check: style, types, layers, tests, coverage"
	@echo "make fast      unit tests only"
	@echo "make lint      style, types and layers only"
	@echo "make coverage  tests and coverage only, page in htmlcov/"
	@echo "make bench     measurements"
	@echo "make bench-detect  a detector over months of a device's life"
	@echo "make bench-loop  asking for weak spots against even draws; under an hour"
	@echo "make ha-check  homes opened by the real Home Assistant; ha-full: all fifty"
	@echo "make lock      resolve the lock files anew"
	@echo "make clean     remove what the targets above left, except .venv"

setup: $(RUNTIME)

demo: $(RUNTIME)
	$(BIN)/envirosense demo

test: lint
	scripts/run-tests.sh

fast: $(TOOLS)
	$(BIN)/python -m pytest -q -m "not slow"

lint: $(TOOLS)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

coverage: $(TOOLS)
	scripts/run-tests.sh
	$(BIN)/coverage html --quiet

bench: $(TOOLS)
	$(BIN)/python benchmarks/run.py

bench-detect: $(TOOLS)
	$(BIN)/python benchmarks/detect/run.py

bench-loop: $(TOOLS)
	$(BIN)/python benchmarks/loop/run.py

ha-check: $(TOOLS)
	scripts/make-ha.sh
	$(BIN)/python tests/ha/check_homes.py --one-per-type --days 7
	$(BIN)/python tests/ha/check_homes.py --homes 3 --days 90 --run-automations

ha-full: $(TOOLS)
	scripts/make-ha.sh
	$(BIN)/python tests/ha/check_homes.py --homes 50 --days 90

lock: $(TOOLS)
	scripts/lock.sh

clean:
	rm -rf build dist htmlcov demo .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks examples -name __pycache__ -prune -exec rm -rf {} +

$(RUNTIME): requirements.lock pyproject.toml $(wildcard scripts/*.sh)
	scripts/make-venv.sh .venv
	scripts/install.sh requirements.lock
	$(BIN)/python scripts/compile_kernels.py
	touch $@

$(TOOLS): requirements-dev.lock requirements-moto.lock $(RUNTIME)
	scripts/install.sh requirements-dev.lock
	scripts/make-moto.sh
	touch $@
