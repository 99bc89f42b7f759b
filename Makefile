# Every target sets up its own virtual environment first; the second time that costs nothing.
# Needed: Python 3.11 or newer, make, and a package registry that pip can reach.

PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
# Two test processes suit a machine with two cores; `make test WORKERS=auto` uses all there are.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test check docs bench chaos hostile fuzz clean

help: ## what there is to make
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: $(STAMP) ## an agent audits this Python environment; VERBOSE=1 shows all of it
	$(PY) -m demo

test: check ## everything: lint, types, tests, docs, coverage
	$(PY) -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term --cov-fail-under=95

check: $(STAMP) ## ruff and pyright, nothing executed
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m pyright --pythonpath $(PY)

docs: $(STAMP) ## the documentation, into site/
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict

bench: $(STAMP) ## plain agent, peer and us side by side, into docs/benchmarks.md
	$(PY) -m benchmarks --markdown docs/benchmarks.md

KILLS ?= 100
chaos: export PYTHONPATH = tests
chaos: $(STAMP) ## kill processes that move money, and look at the books; KILLS=100 for each of four ways
	$(PY) -m support.chaos --kills $(KILLS) --workers 1
	$(PY) -m support.chaos --kills $(KILLS) --workers 3
	$(PY) -m support.chaos --kills $(KILLS) --workers 1 --postgresql
	$(PY) -m support.chaos --kills $(KILLS) --workers 3 --postgresql

hostile: export PYTHONPATH = tests
hostile: $(STAMP) ## all cells that are meant to hurt their host: how they end, the loop's heartbeat, the process's growth
	$(PY) -m hostile

MINUTES ?= 10
fuzz: export PYTHONPATH = tests
fuzz: $(STAMP) ## such cells put together at random, for MINUTES=10; prints its seed
	$(PY) -m hostile --fuzz-minutes $(MINUTES)

clean: ## remove what the other targets made
	rm -rf $(VENV) site demo/out .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* htmlcov
	find src tests demo benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --constraint constraints.txt pip
	$(PY) -m pip install --quiet --constraint constraints.txt --build-constraint constraints.txt \
		--editable '.[sql,logfire]' --group dev
	@touch $@
