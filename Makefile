# `make demo` and `make test` need Python 3.10+ and nothing else: they make .venv themselves.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-clients test-integrations test-browser test-ray lint format bench against train docs clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# pip 25.1 is the first that reads [dependency-groups].
$(BIN)/jingpai: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "jingpai needs Python 3.10 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.tools: $(BIN)/jingpai
	$(BIN)/python -m pip install --quiet --editable ".[server,tracing,evaluation,calibrate,bench,ray]" --group test --group lint
	@# The wheel test installs from here, so that the tests need no network.
	$(BIN)/python -m pip wheel --quiet --wheel-dir $(VENV)/wheels .
	rm -f $(VENV)/wheels/jingpai-*
	@touch $@

$(VENV)/.parity: $(VENV)/.tools recipe/requirements.txt
	$(BIN)/python -m pip install --quiet --editable ".[train]" --group parity --requirement recipe/requirements.txt
	@touch $@

demo: $(BIN)/jingpai  ## Rerank multilingual text with the bundled model, offline
	$(BIN)/jingpai demo

test: $(VENV)/.parity  ## Run the tests
	$(BIN)/python -m pytest -m "not slow and not gpu and not browser and not ray"

test-all: $(VENV)/.parity  ## Run the slow tests too
	$(BIN)/python -m pytest -m "not gpu and not browser and not ray"

test-clients: $(VENV)/.tools  ## Test the server with real clients: make test-clients GROUP=modern
	$(BIN)/python tests/clients/run.py $(GROUP)

test-browser: $(VENV)/.tools  ## Test the playground in Chromium, which Debian has as chromium
	$(BIN)/python -m pip install --quiet --group browser
	$(BIN)/python -m pytest -m browser tests/browser

test-ray: $(VENV)/.parity  ## Test batch jobs and the server on a Ray of this computer
	$(BIN)/python -m pytest -m ray

test-integrations: $(VENV)/.tools  ## Test with LangChain, LlamaIndex, Haystack ...: make test-integrations GROUP=haystack
	PYTHONPATH=tests/clients $(BIN)/python tests/integrations/frameworks.py $(GROUP)

lint: $(VENV)/.parity  ## Check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.tools  ## Put the code into the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/.parity  ## Measure speed and memory; writes benchmarks/results
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/backends.py

against: $(BIN)/jingpai  ## Measure speed against other libraries: make against ARGS="--shape large"
	$(BIN)/python benchmarks/against.py $(ARGS)

train: $(VENV)/.parity  ## Make the bundled model again: make train DATA=folder (hours)
	@test -n "$(DATA)" || { echo "make train needs the pairs: make train DATA=folder (recipe/README.md says what it holds)"; exit 2; }
	$(BIN)/python -m recipe --data $(DATA) $(ARGS)

docs: $(VENV)/.tools  ## Write the reference of the Python API to site/
	$(BIN)/python -m pip install --quiet --group docs
	$(BIN)/pdoc jingpai --docformat google --output-directory site

clean:  ## Remove what the other commands made
	rm -rf $(VENV) dist build site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
