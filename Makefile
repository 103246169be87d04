# Everything a newcomer needs: `make demo` to see it, `make test` to trust it.
# Installs happen once, into .venv; afterwards both work without a network.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/pip install --quiet --constraint constraints.txt
PYTEST_WORKERS ?= auto

.PHONY: demo test check format long images secrets clean help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.worker ## start the service, submit a right and a wrong solution, show both reports
	$(BIN)/python tests/e2e/demo.py

test: $(VENV)/.dev ## run every test this machine can run; what is missing is skipped with its reason
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal

check: $(VENV)/.dev ## layering, lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/.dev ## rewrite the files as `make check` wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

long: $(VENV)/.dev ## what is too long for every commit: full counts of fuzzing and of the package matrix
	HYPOTHESIS_PROFILE=long GRADECLI_LONG=1 $(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal \
		tests/sandbox/test_wire_fuzz.py tests/problems tests/hostile

images: $(VENV)/.worker ## build every image that docker-compose.yml runs: the service's and the sandboxes'
	PYTHON=$(BIN)/python deploy/build-images
	$(BIN)/gradecli sandbox build numpy torch

secrets: ## make what docker-compose.yml needs and nobody may choose for you: secrets/ and .env
	deploy/make-secrets

clean: ## remove what make made
	rm -rf $(VENV) .demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/bin/pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gradecli needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.worker: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP) --editable '.[worker]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/pip
	$(PIP) --editable '.[dev]'
	touch $@ $(VENV)/.worker
