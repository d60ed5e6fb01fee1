# GNU make; paths stay relative, so that the folder's own name may have spaces and any characters.
#   make demo    the product with an example district on http://127.0.0.1:8000
#   make test    the whole suite, browser included
SHELL := /bin/sh
PYTHON ?=
ARGS ?=
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check -qq
SOURCES := pyproject.toml README.md LICENSE $(shell find api notifications scheduler solver -type f \
  ! -path '*/__pycache__/*' ! -name '*.pyc' ! -name '*.mo' 2>/dev/null)
export PYTHON CHROMIUM
export PIP_ROOT_USER_ACTION = ignore

# A .venv that was moved or copied along with its folder has wrong paths inside: it is made again.
ifneq ($(shell cat .venv/folder 2>/dev/null),$(shell pwd -P))
MOVED := moved
endif

.PHONY: help venv demo test lint teeth lock clean moved
help:
	@sed -n '2,3s/^# *//p' Makefile
	@echo 'also: make venv, lint, teeth, lock, clean; make demo ARGS=--once; make test ARGS="-k name"'

venv: .venv/stamp-project
	@:

.venv/stamp-venv: $(MOVED)
	@python=$$(sh tools/find-python) || exit 1; \
	echo "-- making .venv with $$python"; \
	rm -rf .venv && "$$python" -m venv .venv && pwd -P >.venv/folder && touch $@

.venv/stamp-dependencies: constraints.txt constraints-sat.txt .venv/stamp-venv
	@echo "-- installing the dependencies (a minute or two the first time)"
	@$(PIP) install --require-hashes -r constraints.txt
	@$(PIP) install --require-hashes --only-binary :all: -r constraints-sat.txt \
	  || echo "-- python-sat has no wheel for this machine: CP-SAT takes its place, more slowly"
	@touch $@

.venv/stamp-project: $(SOURCES) .venv/stamp-dependencies
	@echo "-- installing the scheduler itself"
	@$(PIP) install --no-deps --no-build-isolation --force-reinstall .
	@touch $@

demo: venv
	@exec .venv/bin/inspection demo $(ARGS)

test: venv
	@CHROMIUM=$$(sh tools/browser) || echo "-- no browser: the journeys will fail"; export CHROMIUM; \
	exec $(PY) -m pytest -n 2 $(ARGS)

lint: venv
	@sh tools/lint

teeth: venv
	@exec $(PY) -m tools.teeth $(ARGS)

lock: venv
	@UV="$${UV:-uv}" sh tools/lock

clean:
	@if [ -x $(PY) ]; then $(PY) -c "from scheduler.database.server import remove; remove('.state/postgres')" || true; fi
	@rm -rf .venv .state build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
