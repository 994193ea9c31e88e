# What CI runs is what these targets run.
PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: all install format lint types imports docs test test-fast demo bench clean

all: lint test

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "got no $(PYTHON), want Python 3.11 or newer: make PYTHON=python3 ..."; exit 2; }
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -U pip "setuptools>=77"
	$(BIN)/pip install -q torch==2.13.0
	$(BIN)/pip install -q -c constraints.txt -e ".[all,dev]"
	touch $(STAMP)

format: install
	$(BIN)/ruff format auditor checks reports tests benchmarks
	$(BIN)/ruff check --fix auditor checks reports tests benchmarks

lint: install
	$(BIN)/ruff format --check auditor checks reports tests benchmarks
	$(BIN)/ruff check auditor checks reports tests benchmarks
	$(BIN)/mypy -p auditor
	$(BIN)/mypy tests
	$(BIN)/lint-imports --no-cache

test: install
	$(BIN)/pytest -n 2
