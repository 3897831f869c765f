# Everything starts here; each step of CI is one of these targets. They do their own set-up.
.DEFAULT_GOAL := help
.PHONY: help run test check fix chaos install install-train lock

PYTHON ?= $(shell command -v python3 || command -v python3.13 || command -v python3.12 || command -v python3.11)
SETUP = $(if $(PYTHON),,$(error Plumbline needs Python 3.11 or newer: install python3 first))@$(PYTHON) infra/bootstrap.py
BIN = .venv/bin
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
ARGS ?=
# One more than there are processors: many tests wait for processes of their own.
WORKERS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1) + 1 )))
# On a busy machine the threads of numpy's BLAS have been seen to wait for each other for ever (app/cli.py).
export OPENBLAS_NUM_THREADS ?= 1

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name does; do printf '  make %-13s %s\n' "$$name" "$$does"; done

run: ## Start everything and print the URL (ARGS="--port 9000")
	$(SETUP) run
	@exec $(BIN)/plumbline run $(ARGS)

test: ## Every test but the long fault runs (ARGS="tests/adapters -k valkey")
	$(SETUP) dev
	@$(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 4 --dist loadgroup -m "not chaos" $(ARGS)

check: ## Lint, format, types, import contracts, house rules
	$(SETUP) dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python infra/checks.py

fix: ## Format and mend what ruff can
	$(SETUP) dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

chaos: ## The long fault runs
	$(SETUP) dev
	$(BIN)/python -m pytest -m chaos $(ARGS)

install: ## The set-up alone
	$(SETUP) run
	@$(BIN)/python infra/bootstrap.py encoder

install-train: ## The optional part that `plumbline train` needs: PyTorch
	$(SETUP) run
	@$(BIN)/python infra/bootstrap.py train

lock: ## Resolve the dependencies anew
	$(SETUP) dev
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(COMPILE) --group pyproject.toml:encoder --constraint requirements.lock --output-file infra/encoder.lock
	$(COMPILE) --group pyproject.toml:train --constraint requirements.lock --output-file infra/train.lock
