PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check

run: .venv/installed
	$(BIN)/guanxi run

test: check
	$(BIN)/pytest

check: .venv/installed
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports
	$(BIN)/mypy

.venv/installed: requirements/development.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements/development.txt
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@
