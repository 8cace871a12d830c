# Everything a newcomer needs: `make run`, `make test`; `make` alone lists the rest.

PYTHON ?= python3
PORT ?= 8000
TESTS ?= tests
JOBS ?= 2

BIN := .venv/bin
FLASK := $(BIN)/flask --app wsgi
# Apart from instance/, which is where a real installation keeps its database and its keys.
DEMO := instance/demo
MESSAGES := scheduler/translations
CATALOGUES := $(wildcard $(MESSAGES)/*/LC_MESSAGES/messages.po)
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Some machines forbid Python to keep what it has compiled: then every process compiles the house anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test drills bench lint messages lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: .venv/ready $(CATALOGUES:.po=.mo) ## serve the demo world on PORT (default 8000), with mail to read at /mailbox
	@SCHEDULER_DEMO=1 SCHEDULER_INSTANCE_DIR="$${SCHEDULER_INSTANCE_DIR:-$(DEMO)}" PORT=$(PORT) exec $(FLASK) serve

test: .venv/ready-to-test $(CATALOGUES:.po=.mo) ## run every test but the drills, on SQLite and PostgreSQL (TESTS=tests/web narrows it)
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(TESTS)

drills: .venv/ready-to-test $(CATALOGUES:.po=.mo) ## run the long drills: kill -9, faulty mail servers, crowds
	@$(BIN)/python -m pytest -m drill $(TESTS)

bench: .venv/ready-to-test $(CATALOGUES:.po=.mo) ## measure everything (BENCH=--small only looks whether it works; docs/bench.md)
	@$(BIN)/python -m bench --install $(BENCH)

lint: .venv/ready-to-test ## ruff, mypy --strict, and the rules of the house
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/house

messages: .venv/ready-to-test ## collect the texts, merge them into every language, compile
	@$(BIN)/pybabel -q extract -F babel.cfg -k _l -k lazy_ngettext:1,2 --no-location --no-wrap --sort-output -o $(MESSAGES)/messages.pot .
	@$(BIN)/pybabel -q update -i $(MESSAGES)/messages.pot -d $(MESSAGES) --no-wrap --no-fuzzy-matching \
		--ignore-obsolete --ignore-pot-creation-date
	@rm $(MESSAGES)/messages.pot
	@$(MAKE) --no-print-directory $(CATALOGUES:.po=.mo)

lock: .venv/ready-to-test ## pin the newest versions, with hashes for every platform
	@$(PIP) install -qq uv
	@for name in requirements requirements-dev; do \
		$(BIN)/uv pip compile --quiet --universal --upgrade --generate-hashes --python-version 3.11 \
			--custom-compile-command 'make lock' -o $$name.txt $$name.in || exit; \
	done

clean: ## remove what was made here: .venv, caches and the demo world
	@rm -rf .venv $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find scheduler tests bench migrations -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Porchlight needs Python 3.11 or newer, and $(PYTHON) is" \
			"$$($(PYTHON) --version 2>/dev/null || echo missing). Name another: make run PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv is missing. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making .venv (once)"
	@$(PYTHON) -m venv .venv

.venv/ready: requirements.txt | .venv/bin/python
	@echo "Installing requirements.txt"
	@$(PIP) install -qq --no-compile --require-hashes -r requirements.txt
	@touch $@

.venv/ready-to-test: requirements-dev.txt requirements.txt | .venv/bin/python
	@echo "Installing requirements-dev.txt"
	@$(PIP) install -qq --require-hashes -r requirements-dev.txt
	@touch $@ .venv/ready

%.mo: %.po | .venv/ready
	@$(BIN)/pybabel -q compile -i $< -o $@
