# make demo: a report on real traffic, from nothing but Python >= 3.11, make and a compiler.
# make test, make lint: what CI runs. ARGS goes to pytest or the demo: make test ARGS="-k shop".

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
ARGS ?=

.PHONY: demo test lint lint-rules lint-format lint-types lint-layers lint-api format clean

demo: $(INSTALLED)
	$(BIN)/defacto demo $(ARGS)

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

lint: lint-rules lint-format lint-types lint-layers lint-api

lint-rules: $(INSTALLED)
	$(BIN)/ruff check

lint-format: $(INSTALLED)
	$(BIN)/ruff format --check

lint-types: $(INSTALLED)
	$(BIN)/mypy

lint-layers: $(INSTALLED)
	$(BIN)/lint-imports

# Our own gate on our own API: its document against the one that was released last, else the main branch's.
# A clone that has neither, a shallow one say, has nothing to hold it against.
API := reports/web/openapi.yaml
lint-api: $(INSTALLED)
	@for base in "$$(git describe --tags --abbrev=0 2>/dev/null)" "$$(git merge-base HEAD origin/main 2>/dev/null)"; do \
	  if [ -n "$$base" ] && git show "$$base:$(API)" >$(VENV)/openapi.base.yaml 2>/dev/null; then \
	    echo "$(API) against that of $$base"; \
	    exec $(BIN)/defacto check $(API) --base $(VENV)/openapi.base.yaml --no-usage; \
	  fi; \
	done; \
	echo "$(API): this clone knows no earlier one to hold it against"

format: $(INSTALLED)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:
	rm -rf $(VENV) build dist demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# pip installs dependency groups (PEP 735) from 25.1 on.
$(INSTALLED): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[all]' --group test --group lint
	touch $@

# The newest Python that starts, is new enough and can make an environment. That a command of its name exists says
# little: version managers leave one for each version they know of.
$(BIN)/python:
	@for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making $(VENV) with $$($$python --version)"; \
	    exec $$python -m venv $(VENV); \
	  fi; \
	done; \
	echo 'No usable Python >= 3.11 was found. On Debian or Ubuntu: apt-get install python3 python3-venv.' >&2; exit 1
