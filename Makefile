# Everything a newcomer needs: `make demo` to see it, `make test` to trust it.
# Installs happen once, into .venv; afterwards both work without a network.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/pip install --quiet --constraint constraints.txt
PYTEST_WORKERS ?= auto
SHELL := /bin/bash
# As in a grading child; the tests share the cores.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.PHONY: demo test check format long long-kills long-replay long-warm long-counterexamples long-properties long-fuzz long-verify images secrets clean help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(VENV)/.worker ## start the service, submit a right and a wrong solution, show both reports
	$(BIN)/python tests/e2e/demo.py

test: $(VENV)/.dev ## run every test this machine can run; what is missing is skipped with its reason
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal

check: $(VENV)/.dev ## layering, lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/.dev ## rewrite the files as `make check` wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

long: long-kills long-replay long-warm long-counterexamples long-properties long-fuzz long-verify ## what is too long for every commit, hours in all: results into docs/results/

LONG := $(ONE_THREAD) HYPOTHESIS_PROFILE=long GRADECLI_LONG=1 $(BIN)/python -m pytest -q --durations=10

long-kills: $(VENV)/.dev ## 124 kills while 300 submissions arrive; then the embedded parts: SQLite and bubblewrap
	$(BIN)/python -m tests.chaos.kills --each 20 --submissions 300 --students 60 --workers 3 \
		--from-command-line 6 --database postgresql --sandbox docker --json docs/results/kills.json
	$(BIN)/python -m tests.chaos.kills --each 10 --submissions 100 --students 20 --workers 2 \
		--from-command-line 2 --json docs/results/kills-embedded.json

long-replay: $(VENV)/.dev ## 1,000 recorded submissions replayed after a tolerance change, against running them again
	$(BIN)/python -m tests.bench.bench_replay --count 1000 --sample 100 --output docs/results/replay.json

long-warm: $(VENV)/.dev ## gradings and sandboxes warm, against the same ones cold
	$(BIN)/python -m tests.bench.bench_warm --output docs/results/warm.json

long-counterexamples: $(VENV)/.dev ## the counterexample of every wrong answer: found, how large, the same when pasted; what it costs
	$(BIN)/python -m tests.bench.bench_counterexamples --output docs/results/counterexamples.json

long-properties: $(VENV)/.dev ## full counts: the life of jobs in any order, the API against its description, floods, faults
	set -o pipefail; $(LONG) -n $(PYTEST_WORKERS) --dist worksteal tests/api/test_job_machine.py \
		tests/api/test_openapi.py tests/chaos/test_flood.py tests/chaos/test_faults.py \
		| tee docs/results/properties.txt

long-fuzz: $(VENV)/.dev ## full counts: fuzzing of the wire, every submission of every package, every attack
	set -o pipefail; $(LONG) -n $(PYTEST_WORKERS) --dist worksteal tests/sandbox/test_wire_fuzz.py \
		tests/problems tests/hostile | tee docs/results/fuzz.txt

long-verify: $(VENV)/.worker ## every problem proved in 20 runs, with all mutants of its reference
	$(BIN)/python -m tests.bench.bench_rewritten --output docs/results/rewritten.json
	$(BIN)/gradecli verify --runs 20 --mutants --json > docs/results/mutants.json || true
	$(BIN)/python -m tests.bench.mutants docs/results/mutants.json docs/results/mutants.md

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
