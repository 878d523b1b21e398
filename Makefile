# Địa Bàn: `make run` to use it, `make test` to check it, `make bench` to measure it.
# Everything else is a step of these. Stamps hold what was built from which lock file.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.PHONY: run test test-qgis test-office bench lint types contracts client-test pytest packages-run packages-test packages-qgis packages-office clean

STAMPS := .venv/stamps
PYTHON := .venv/bin/python
CLIENT := app/client
BUILT := $(CLIENT)/node_modules/.stamps
# `ci` and `install` must not ask, advertise or report.
NPM := npm --prefix $(CLIENT) --no-audit --no-fund --no-update-notifier --loglevel=error

export DIABAN_DEMO ?= 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

run: $(STAMPS)/app $(BUILT)/client
	@exec .venv/bin/diaban up

test: lint types contracts client-test pytest

# Apart: QGIS is a large thing to install.
test-office: $(STAMPS)/dev $(BUILT)/client | packages-office
	.venv/bin/pytest tests/office

test-qgis: $(STAMPS)/dev $(BUILT)/client | packages-qgis
	.venv/bin/pytest tests/qgis

bench: $(STAMPS)/dev $(BUILT)/client
	$(PYTHON) -m tests.bench

# -- steps of `test`

lint: $(STAMPS)/dev
	.venv/bin/ruff check
	.venv/bin/ruff format --check

types: $(STAMPS)/dev
	.venv/bin/mypy

contracts: $(STAMPS)/dev
	.venv/bin/lint-imports

client-test: $(BUILT)/client
	$(NPM) test

pytest: $(STAMPS)/dev $(BUILT)/client
	.venv/bin/pytest -n 3 --dist loadfile --no-loadscope-reorder

# -- what the steps stand on

packages-run:
	@setup/system-packages run

packages-test:
	@setup/system-packages test

packages-office:
	@setup/system-packages office

packages-qgis:
	@setup/system-packages qgis

# A stamp is older than its lock file whenever that changed.
$(STAMPS)/app: requirements/app.txt pyproject.toml | packages-run
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Cần Python 3.11 trở lên | Python 3.11 or newer is needed")'
	@[ -x $(PYTHON) ] || python3 -m venv .venv
	.venv/bin/pip install --quiet --require-hashes -r requirements/app.txt
	.venv/bin/pip install --quiet --no-deps --no-build-isolation -e .
	@mkdir -p $(STAMPS) && touch $@

# The development lock holds the application's versions too: one .venv serves both.
$(STAMPS)/dev: requirements/dev.txt $(STAMPS)/app | packages-test
	.venv/bin/pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

$(BUILT)/packages: $(CLIENT)/package-lock.json | packages-run
	$(NPM) ci
	@mkdir -p $(BUILT) && touch $@

$(BUILT)/client: $(BUILT)/packages $(shell find $(CLIENT) -name node_modules -prune -o -type f -print) \
		$(shell find app/static/css app/static/survey app/static/icons -type f 2>/dev/null)
	$(NPM) run build
	$(NPM) run assets
	@touch $@

# Everything built, nothing of the data under var/.
clean:
	rm -rf .venv $(CLIENT)/node_modules app/static/client app/static/vendor build ./*.egg-info
