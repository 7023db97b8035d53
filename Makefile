# make run: the demo. make test: all checks and tests. Python packages are installed into .venv; RabbitMQ, where there is none,
# by the machine's package manager; mongod, where there is none, into .servers.
PYTHON ?= python3
BIN := .venv/bin
TESTS_AT_ONCE ?= 2

.PHONY: run test lint types arrows unit gate faults simulate services stop-services bench lock clean

run: .venv/run.stamp
	$(BIN)/tis-esr demo || test $$? -eq 1

test: lint types arrows unit gate

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/dev.stamp
	$(BIN)/mypy

arrows: .venv/dev.stamp
	$(BIN)/lint-imports

unit: .venv/dev.stamp
	$(BIN)/python -m servers install
	$(BIN)/pytest -n $(TESTS_AT_ONCE) --dist worksteal

# A small day on the production engine: fails where messages, transactions or calls to TCS a row are above their limits.
gate: .venv/dev.stamp
	$(BIN)/python -m bench.gate

# The long form of the fault suite: every crash point more often, 200 kills in a day of 5,000 rows. About an hour.
faults: .venv/dev.stamp
	TIS_ESR_LONG_FAULTS=1 $(BIN)/pytest tests/faults

# The long form of the simulation: many seeds over all cores. One seed: python -m tests.simulation SEED --trace, or --shrink SEED.
SEEDS ?= 10000
simulate: .venv/dev.stamp
	$(BIN)/python -m tests.simulation --count $(SEEDS)

# RabbitMQ and MongoDB on this machine, without Docker: prints their addresses.
services: .venv/dev.stamp
	$(BIN)/python -m servers start

stop-services: .venv/dev.stamp
	$(BIN)/python -m servers stop

bench: .venv/dev.stamp
	$(BIN)/python -m bench.hop
	$(BIN)/python -m bench.national --posts 60000 --peak 47000
	$(BIN)/python -m bench.day
	$(BIN)/python -m bench.trouble

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
