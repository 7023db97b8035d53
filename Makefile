# make run: the demo. make test: all checks and tests. Python packages are installed into .venv; RabbitMQ, sshd, Chromium, Prometheus,
# Alertmanager and systemd, if they are missing, with the machine's package manager; mongod, Helm, the types of custom resources and the schemas of AsyncAPI, if they are missing, into .servers.
# make test PYTHON=python3.13: the same on another Python, in a virtual environment of its own.
PYTHON ?= python3
VENV := $(if $(filter python3,$(PYTHON)),.venv,.venv-$(notdir $(PYTHON)))
BIN := $(VENV)/bin
TESTS_AT_ONCE ?= 4

.PHONY: run test lint scan-history check-compose types arrows unit gate docs site check-site screenshots faults simulate simulate-quarter soak fuzz rolling upgrades services stop-services bench lock wheel sbom audit clean monitoring

run: $(VENV)/run.stamp
	$(BIN)/tis-esr demo || test $$? -eq 1
	@echo 'To type tis-esr as above, in this terminal: export PATH="$(CURDIR)/$(BIN):$$PATH"'

test: lint types arrows unit gate

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=src $(BIN)/python -m supply_chain.credentials
	PYTHONPATH=src $(BIN)/python -m supply_chain.promises

# Credentials in all that git has ever stored; make lint scans the files of today. A minute.
scan-history: $(VENV)/dev.stamp
	PYTHONPATH=src $(BIN)/python -m supply_chain.credentials --history

# Docker Compose reads compose.yaml; it needs no Docker engine. Without the plugin: make check-compose COMPOSE=docker-compose
COMPOSE ?= docker compose
check-compose:
	$(COMPOSE) --file compose.yaml config --quiet

types: $(VENV)/dev.stamp
	$(BIN)/mypy

arrows: $(VENV)/dev.stamp
	$(BIN)/lint-imports

unit: $(VENV)/dev.stamp
	$(BIN)/python -m servers install
	$(BIN)/pytest -n $(TESTS_AT_ONCE) --dist worksteal

# Makes the screenshots of the console in docs/images again.
screenshots: $(VENV)/dev.stamp
	SCREENSHOTS=1 $(BIN)/pytest tests/web/browser/test_screenshots.py

# A small day on the production engine: fails if messages, transactions or calls to TCS per row exceed their limits.
gate: $(VENV)/dev.stamp
	$(BIN)/python -m bench.gate

# Writes the generated pages of docs/reference and the outputs that pages show.
docs: $(VENV)/dev.stamp
	PYTHONPATH=src $(BIN)/python -m docgen

# The documentation as static pages in site/: open site/index.html, or serve the folder. No page requests anything from another host.
site: $(VENV)/dev.stamp
	rm -rf site
	$(BIN)/python -m docgen.site site

# Every page of it in a browser, with axe; make test visits one page of each kind. About ten minutes.
check-site: $(VENV)/dev.stamp
	EVERY_PAGE=1 $(BIN)/pytest -n $(TESTS_AT_ONCE) --dist worksteal tests/documentation/site

# The long form of the fault suite: every crash point more often, 200 kills in a day of 5,000 rows, and every case of the services
# of which make test draws some each day. More than an hour.
faults: $(VENV)/dev.stamp
	LONG_FAULTS=1 $(BIN)/pytest --timeout 1800 tests/faults tests/services tests/journeys/test_region_start.py

# The long form of the simulation: many seeds over all cores. One seed: python -m tests.simulation SEED --trace, or --shrink SEED.
SEEDS ?= 10000
simulate: $(VENV)/dev.stamp
	$(BIN)/python -m tests.simulation --count $(SEEDS)

# The simulated quarter: 13 weeks of changes in TIS and ESR a seed, on an engine (embedded, production, both). A minute or two a seed on the
# embedded engine, several on the other. One seed: python -m tests.quarter --seeds SEED --stories
QUARTERS ?= 0-19
QUARTER_ENGINE ?= both
simulate-quarter: $(VENV)/dev.stamp
	PYTHONPATH=src $(BIN)/python -m tests.quarter --seeds $(QUARTERS) --engine $(QUARTER_ENGINE)

# Simulated weeks of one process of tis-esr run, on one engine after the other: fails if memory, files, sockets or the store grow. About half an hour;
# SOAK="--engine embedded" is only one of them, SOAK=--write puts the result into the docs.
SOAK ?=
soak: $(VENV)/dev.stamp
	PYTHONPATH=src $(BIN)/python -m tests.soak $(SOAK)

# Coverage-guided fuzzing of the reader of inbound files, the long form by default. Inputs that reach new code are kept in .fuzz/corpus, where
# the next run begins; an input that breaks a promise is written to .fuzz/ and belongs in tests/fuzz/seeds with the change that fixes it.
# One execution may last a day of wall-clock time: a machine that is suspended meanwhile is not a finding.
FUZZ_RUNS ?= 10000000
fuzz: $(VENV)/fuzz.stamp
	mkdir -p .fuzz/corpus
	PYTHONPATH=src $(BIN)/python -m tests.fuzz.reading -runs=$(FUZZ_RUNS) -max_len=2048 -timeout=86400 -artifact_prefix=.fuzz/ .fuzz/corpus tests/fuzz/seeds

# The long form of the upgrade tests: an upgrade stopped at every ninth write, all on both engines. A few minutes.
upgrades: $(VENV)/dev.stamp
	LONG_UPGRADES=1 $(BIN)/pytest tests/upgrades

# A rolling upgrade with real processes from the version whose checkout is in the folder OLD, for example a worktree of its tag.
rolling: $(VENV)/dev.stamp
	PYTHONPATH=src $(BIN)/python -m tests.upgrades.rolling $(OLD)

# Prometheus, Alertmanager, rules and dashboards with a day on either engine; make test has the embedded one.
monitoring: $(VENV)/dev.stamp
	$(BIN)/python -m servers install
	LONG_MONITORING=1 $(BIN)/pytest tests/monitoring

# RabbitMQ and MongoDB on this machine, without Docker: prints their addresses.
services: $(VENV)/dev.stamp
	$(BIN)/python -m servers start

stop-services: $(VENV)/dev.stamp
	$(BIN)/python -m servers stop

bench: $(VENV)/dev.stamp
	$(BIN)/python -m bench.hop
	$(BIN)/python -m bench.national --posts 60000 --peak 47000
	$(BIN)/python -m bench.day
	$(BIN)/python -m bench.trouble
	$(BIN)/python -m bench.questions --production
	$(BIN)/python -m bench.console --production
	$(BIN)/python -m bench.traces

# Versions are locked with hashes. Needs uv; run it after changing the dependencies in pyproject.toml.
lock:
	uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header -o requirements.txt
	uv pip compile --group build --universal --generate-hashes --no-emit-index-url --no-header -o requirements-build.txt
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header \
	  -c requirements.txt -c requirements-build.txt -o requirements-dev.txt

# The wheel, and its bill of materials (CycloneDX) beside it; with IMAGE_ROOT=FOLDER, which has an image's files, the image's as well.
wheel: $(VENV)/dev.stamp
	rm -f dist/tis_esr-*
	$(BIN)/hatchling build -t wheel -d dist

sbom: wheel
	PYTHONPATH=src $(BIN)/python -m supply_chain.sbom dist/tis_esr-*.whl $(IMAGE_ROOT)

# Known vulnerabilities in what is locked, by a copy of OSV's database in a folder: make audit OSV=FOLDER
audit: $(VENV)/dev.stamp
	@PYTHONPATH=src $(BIN)/python -m supply_chain.audit $(OSV)

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt requirements-build.txt pyproject.toml | $(VENV)/bin/pip
	@$(BIN)/python tools/install_packages.py --require-hashes -r requirements.txt -r requirements-build.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	@$(BIN)/python tools/install_packages.py --require-hashes -r requirements-dev.txt
	touch $@

$(VENV)/fuzz.stamp: tests/fuzz/requirements.txt $(VENV)/dev.stamp
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r tests/fuzz/requirements.txt
	touch $@

clean:
	rm -rf .venv .venv-* .fuzz demo bench/out dist site
