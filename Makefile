# Địa Bàn: `make run` to use it, `make test` to check it, `make bench` to measure it.
# Everything else is a step of these. Stamps hold what was built from which lock file.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.PHONY: run test bench lint types contracts client-test pytest packages-run packages-test clean

STAMPS := .venv/stamps
PYTHON := .venv/bin/python
CLIENT := app/client
# `ci` and `install` must not ask, advertise or report.
NPM := npm --prefix $(CLIENT) --no-audit --no-fund --no-update-notifier

export DIABAN_DEMO ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

run: $(STAMPS)/app $(STAMPS)/client
	@exec .venv/bin/diaban up

test: lint types contracts client-test pytest

bench: $(STAMPS)/dev $(STAMPS)/client
	$(PYTHON) -m tests.bench

# -- steps of `test`

lint: $(STAMPS)/dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check

types: $(STAMPS)/dev
	.venv/bin/mypy

contracts: $(STAMPS)/dev
	.venv/bin/lint-imports

client-test: $(STAMPS)/client
	$(NPM) test

pytest: $(STAMPS)/dev $(STAMPS)/client
	.venv/bin/pytest -n 2

# -- what the steps stand on

packages-run:
	@setup/system-packages run

packages-test:
	@setup/system-packages test

# A stamp is older than its lock file whenever that changed.
$(STAMPS)/app: requirements/app.txt pyproject.toml | packages-run
	@[ -x $(PYTHON) ] || python3 -m venv .venv
	.venv/bin/pip install --quiet --require-hashes -r requirements/app.txt
	.venv/bin/pip install --quiet --no-deps --no-build-isolation -e .
	@mkdir -p $(STAMPS) && touch $@

# The development lock holds the application's versions too: one .venv serves both.
$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/app | packages-test
	.venv/bin/pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

$(STAMPS)/npm: $(CLIENT)/package-lock.json $(STAMPS)/app
	$(NPM) ci
	@touch $@

$(STAMPS)/client: $(STAMPS)/npm $(shell find $(CLIENT) -path '*/node_modules' -prune -o -type f -print 2>/dev/null)
	$(NPM) run build
	$(NPM) run assets
	@touch $@

# Everything built, nothing of the data under var/.
clean:
	rm -rf .venv $(CLIENT)/node_modules app/static/client app/static/vendor build ./*.egg-info
