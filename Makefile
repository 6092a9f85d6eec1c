# Needs Python 3.11 or newer and make, nothing else: Node and Go come from Python wheels, their packages by lock files.
# `make demo` runs the main job for real, `make test` the checks. A second run finds everything installed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
CHECKS := $(BIN)/python devnet/run_checks.py

.DEFAULT_GOAL := help
.PHONY: help setup setup-go demo demo-cosmos quick test test-long test-go fuzz lint format typecheck docs clean

help: ## what can be made
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: $(VENV)/.dev-installed $(VENV)/.node-installed $(VENV)/.solidity-installed setup-go ## install everything below this folder

# Go of the PATH if it is new enough, else a Python wheel of it.
setup-go: $(VENV)/.run-installed
	@$(BIN)/python devnet/setup_go.py

demo: $(VENV)/.run-installed $(VENV)/.node-installed ## the main job for real, settled on an embedded ledger
	@$(BIN)/relayer demo

# The first run compiles the chain, which takes minutes and shows how far it is.
demo-cosmos: $(VENV)/.run-installed $(VENV)/.node-installed setup-go ## the same over a CometBFT chain
	@$(BIN)/relayer demo --settlement cosmos

quick: $(VENV)/.dev-installed ## lint, types and the tests of the rules, in less than a minute
	@$(CHECKS) quick

test: setup ## every check but the expensive ones, side by side
	@$(CHECKS) test

test-long: setup ## the expensive ones: crashes, floods of faults, clients that expire
	@$(CHECKS) long

# The first run compiles everything, which takes minutes; later ones take seconds.
test-go: setup-go ## both Go modules
	@$(BIN)/python devnet/run_go_tests.py

# A hundred thousand inputs for each reader of untrusted bytes, a thousand stories of the contracts; the tests have 500 to 2,000,
# and 40.
FUZZ_EXAMPLES ?= 100000
FUZZ_STORIES ?= 1000
fuzz: $(VENV)/.dev-installed ## many more inputs for every reader of untrusted bytes
	@FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) FUZZ_STORIES=$(FUZZ_STORIES) $(BIN)/python -m pytest -q --durations=0 \
	  tests/fuzz tests/unit/evidence/test_evidence_files.py tests/property/test_bank_messages.py \
	  tests/contract/solidity/test_contract_invariants.py

lint: $(VENV)/.dev-installed ## style, format and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo 'run `make format`' >&2; exit 1; }
	@$(BIN)/lint-imports

format: $(VENV)/.dev-installed ## write all Python files in the one format
	@$(BIN)/ruff format .

typecheck: $(VENV)/.dev-installed ## mypy
	@$(BIN)/mypy

# A broken link is an error.
docs: $(VENV)/.dev-installed ## the pages of docs/ as a site in site/
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo 'docs: open site/index.html'

clean: ## remove what was installed
	rm -rf $(VENV) devnet/node_modules contracts/evm/node_modules tests/specs/node_modules site

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	$(info setup: making a virtual environment in $(VENV))
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: requirements/run.txt requirements/devnet.txt pyproject.toml | $(BIN)/python
	$(info setup: installing Python packages (about half a minute))
	@$(PIP) install --quiet --no-deps --require-hashes -r requirements/run.txt -r requirements/devnet.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev-installed: requirements/dev.txt tests/specs/package-lock.json $(VENV)/.run-installed
	$(info setup: installing the development tools)
	@$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/python devnet/setup_node.py tests/specs
	@touch $@

$(VENV)/.node-installed: devnet/package-lock.json | $(VENV)/.run-installed
	$(info setup: installing the development ledger)
	@$(BIN)/python devnet/setup_node.py devnet
	@touch $@

$(VENV)/.solidity-installed: contracts/evm/package-lock.json | $(VENV)/.run-installed
	$(info setup: installing the Solidity compiler)
	@$(BIN)/python devnet/setup_node.py contracts/evm
	@touch $@
