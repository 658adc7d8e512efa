# `make demo` and `make test` need Python 3.10+ and nothing else: they make .venv themselves.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin

# What is installed for checks and tests is of the releases in requirements/tools.txt, so that a
# checkout of today is tested in a year as it is today. `make lock` takes newer ones.
LOCK    := requirements/tools.txt
INSTALL  = $(BIN)/python -m pip install --quiet --constraint $(LOCK) --build-constraint $(LOCK)
EXTRAS  := server tracing evaluation calibrate bench batch
# OpenTelemetry wants a newer protobuf than this package does.
LOWEST  := $(filter-out tracing,$(EXTRAS))
GROUPS  := lint test docs browser lock parity

comma  := ,
space  := $() $()
listed  = $(subst $(space),$(comma),$(1))

# Two tiers are all tests but those of APART, which have a target each.
APART  := slow or gpu or browser or ray
HEAVY  := torch or needs_ray
PYTEST  = $(BIN)/python -m pytest
# A process a core, and no more than a laptop has memory for. A file stays with one process: its
# servers start once, and its tests keep their order.
SPREAD := --numprocesses auto --maxprocesses 8 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test test-parity test-all test-hostile test-lowest test-clients test-integrations \
	test-browser test-ray coverage lint format lock bench against train docs clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# pip is of the lock too: older ones know neither [dependency-groups] nor --build-constraint.
$(BIN)/jingpai: pyproject.toml $(LOCK)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "jingpai needs Python 3.10 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade --constraint $(LOCK) pip
	$(INSTALL) --editable .
	@touch $@

# No PyTorch and no Ray: they are most of the time and of the disk that all packages take.
$(VENV)/.tools: $(BIN)/jingpai
	$(INSTALL) --editable ".[$(call listed,$(EXTRAS))]" --group test
	@# The wheel test installs from here, so that the tests need no network.
	$(BIN)/python -m pip wheel --quiet --constraint $(LOCK) --build-constraint $(LOCK) --wheel-dir $(VENV)/wheels .
	rm -f $(VENV)/wheels/jingpai-*
	@touch $@

$(VENV)/.parity: $(VENV)/.tools recipe/requirements.txt
	$(INSTALL) --editable ".[$(call listed,$(EXTRAS) ray train)]" --group parity --requirement recipe/requirements.txt
	@touch $@

# mypy reads the types of PyTorch and Ray.
$(VENV)/.lint: $(VENV)/.parity
	$(INSTALL) --group lint
	@touch $@

demo: $(BIN)/jingpai  ## Rerank multilingual text with the bundled model, offline
	$(BIN)/jingpai demo

test: $(VENV)/.tools  ## Run the tests that need neither PyTorch nor Ray
	$(PYTEST) $(SPREAD) -m "not ($(HEAVY)) and not ($(APART))" $(ARGS)

test-parity: $(VENV)/.parity  ## Run the tests that need PyTorch, or Ray as a library
	$(PYTEST) -m "($(HEAVY)) and not ($(APART))"

test-all: $(VENV)/.parity  ## Run both, and the slow ones too
	$(PYTEST) -m "not gpu and not browser and not ray"

# The plugin of Schemathesis would keep the values of what fails out of the report.
INPUTS ?= 10000
SEED   ?= 1
test-hostile: $(VENV)/.tools  ## Hand everything odd to all doors: make test-hostile INPUTS=10000 SEED=1
	HOSTILE_INPUTS=$(INPUTS) HOSTILE_SEED=$(SEED) $(PYTEST) $(SPREAD) -p no:schemathesis \
		--timeout 3600 tests/hostile $(ARGS)

# Old releases warn of what newer neighbours of theirs have; tracing, which is left out, is no gap.
test-lowest:  ## Run the tests with the oldest releases that pyproject.toml allows
	$(MAKE) test VENV=$(VENV)/lowest LOCK=requirements/lowest.txt EXTRAS="$(LOWEST)" \
		ARGS="-W default --ignore tests/project/test_tiers.py"

# The tests of a full disk fail under it: coverage itself can write nothing there.
coverage: $(VENV)/.parity  ## Run both, and list the lines and branches that no test takes
	$(PYTEST) $(SPREAD) --cov --cov-report=term-missing -m "not ($(APART))" -k "not full_disk"

test-clients: $(VENV)/.tools  ## Test the server with real clients: make test-clients GROUP=modern
	$(BIN)/python tests/clients/run.py $(GROUP)

test-browser: $(VENV)/.tools  ## Test the playground in Chromium, which Debian has as chromium
	$(INSTALL) --group browser
	$(PYTEST) -m browser tests/browser

test-ray: $(VENV)/.parity  ## Test batch jobs and the server on a Ray of this computer
	$(PYTEST) -m ray

test-integrations: $(VENV)/.tools  ## Test with LangChain, LlamaIndex, Haystack ...: make test-integrations GROUP=haystack
	PYTHONPATH=tests/clients $(BIN)/python tests/integrations/frameworks.py $(GROUP)

lint: $(VENV)/.lint  ## Check style, types and the direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.lint  ## Put the code into the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# For all the Pythons that are supported, in one file. Only this needs uv.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.10 --no-annotate --upgrade \
	--custom-compile-command "make lock" pyproject.toml

lock: $(BIN)/jingpai  ## Choose the releases of requirements/ anew
	$(INSTALL) --group lock
	$(COMPILE) recipe/requirements.txt --output-file requirements/tools.txt \
		$(addprefix --extra=,$(EXTRAS) ray train) $(addprefix --group=,$(GROUPS))
	$(COMPILE) --resolution lowest-direct --output-file requirements/lowest.txt \
		$(addprefix --extra=,$(LOWEST)) --group=test

bench: $(VENV)/.parity  ## Measure speed and memory; writes benchmarks/results
	$(BIN)/python benchmarks/speed.py
	$(BIN)/python benchmarks/backends.py

against: $(BIN)/jingpai  ## Measure speed against other libraries: make against ARGS="--shape large"
	$(BIN)/python benchmarks/against.py $(ARGS)

train: $(VENV)/.parity  ## Make the bundled model again: make train DATA=folder (hours)
	@test -n "$(DATA)" || { echo "make train needs the pairs: make train DATA=folder (recipe/README.md says what it holds)"; exit 2; }
	$(BIN)/python -m recipe --data $(DATA) $(ARGS)

docs: $(VENV)/.tools  ## Write the reference of the Python API to site/
	$(INSTALL) --group docs
	$(BIN)/pdoc jingpai --docformat google --output-directory site

clean:  ## Remove what the other commands made
	rm -rf $(VENV) dist build site .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
