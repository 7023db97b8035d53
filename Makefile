# make run: the demo. make test: all checks and tests. Everything is installed into .venv, nothing elsewhere.
PYTHON ?= python3
BIN := .venv/bin
TESTS_AT_ONCE ?= 2

.PHONY: run test lint types arrows unit bench lock clean

run: .venv/run.stamp
	$(BIN)/tis-esr demo

test: lint types arrows unit

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.stamp
	$(BIN)/mypy

arrows: .venv/dev.stamp
	$(BIN)/lint-imports

unit: .venv/dev.stamp
	$(BIN)/pytest -n $(TESTS_AT_ONCE)

bench: .venv/dev.stamp
	$(BIN)/python bench/day.py

# Versions are locked with hashes. Needs uv; run it after changing the dependencies in pyproject.toml.
lock:
	uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header -o requirements.txt
	uv pip compile pyproject.toml --group dev --extra traces --universal --generate-hashes --no-emit-index-url --no-header \
	  -c requirements.txt -o requirements-dev.txt

.venv/bin/pip:
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements.txt pyproject.toml | .venv/bin/pip
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	touch $@

clean:
	rm -rf .venv demo bench/out dist
