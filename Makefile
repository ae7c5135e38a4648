# Two commands on a fresh machine: `make run` and `make test`. `make help` lists the rest.
#
#   PYTHON=python3.12   the interpreter that a new environment is made with
#   VENV=.venv          where the environment lies
#   WORKERS=2           how many processes share the tests
#   MINUTES=2 SEED=1    how long `make fuzz` runs, and which cases

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
MINUTES ?= 2
SEED ?= 1

# Each process begins with a half of the tests and takes half of what the other one has left: files stay together, and no core waits.
PYTEST = "$(BIN)/python" -m pytest -n $(WORKERS) --dist worksteal

# An absolute path here, so that VENV may lie anywhere and recipes may change folder.
BIN = $(abspath $(VENV))/bin
PINS = $(wildcard constraints/*.txt)

.DEFAULT_GOAL := help
.PHONY: help run notebook setup test test-slow lint format types layers fuzz bench golden pins clean interpreter

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

run: $(VENV)/.installed-run ## install, then compare the classic with the proactive journey
	@"$(BIN)/journey" compare

notebook: $(VENV)/.installed-notebook ## install JupyterLab and open the notebook in the browser
	"$(BIN)/jupyter" lab notebooks/loyalty_loop.ipynb \
		--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate

setup: $(VENV)/.installed-dev ## install with everything that tests and checks need

test: $(VENV)/.installed-dev ## run every test but the slow ones, and the examples in docstrings
	$(PYTEST) -m "not slow"
	$(PYTEST) --doctest-modules agents sim

test-slow: $(VENV)/.installed-dev ## run the slow tests
	$(PYTEST) -m slow

lint: $(VENV)/.installed-dev ## check style
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .

format: $(VENV)/.installed-dev ## put the style right where a tool can
	"$(BIN)/ruff" check --fix .
	"$(BIN)/ruff" format .

types: $(VENV)/.installed-dev ## check types
	"$(BIN)/mypy"

layers: $(VENV)/.installed-dev ## check which package may import which
	"$(BIN)/lint-imports"

fuzz: $(VENV)/.installed-dev ## change what comes in and count what ends badly (MINUTES=2 SEED=1)
	"$(BIN)/python" -m tests.fuzz --minutes $(MINUTES) --seed $(SEED)

bench: $(VENV)/.installed-dev ## measure speed (BENCH="--quick" or "--full"), or beside another revision (AGAINST=REV)
	"$(BIN)/python" -m benchmarks $(if $(AGAINST),--against "$(AGAINST)") $(BENCH)

golden: $(VENV)/.installed-dev ## rewrite the golden results after a deliberate change of the model
	"$(BIN)/python" tests/golden/refresh.py

pins: ## rewrite the constraints of the Python given as PYTHON= from a fresh environment
	sh constraints/refresh.sh "$(PYTHON)"

clean: ## remove the default environment, caches and builds; results stay
	rm -rf .venv build dist .benchmarks .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -type d -name __pycache__ -prune -exec rm -rf {} +

# The stamps make the set-up idempotent: it is done again only when a dependency or a pin has changed.
$(VENV)/.installed-run: pyproject.toml $(PINS) | interpreter
	@EXTRAS="" ; $(INSTALL)
	@touch "$@"

$(VENV)/.installed-dev: pyproject.toml $(PINS) | interpreter
	@EXTRAS="[dev,analysis,cluster,app,gym]" ; $(INSTALL)
	@touch "$(VENV)/.installed-run" "$@"

$(VENV)/.installed-notebook: pyproject.toml $(PINS) | interpreter
	@EXTRAS="[notebook]" ; $(INSTALL)
	@touch "$(VENV)/.installed-run" "$@"

# A Python without pins yet (a new one) still works, with the newest versions that pyproject.toml allows.
define INSTALL
pins="constraints/$$("$(BIN)/python" -c 'import sys; print("py%d%d" % sys.version_info[:2])').txt"; \
if [ -f "$$pins" ]; then \
	echo "Installing into $(VENV) with the versions of $$pins (first time: a minute or two)"; \
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --constraint "$$pins" --editable ".$$EXTRAS"; \
else \
	echo "Installing into $(VENV); $$pins does not exist, so versions are not pinned"; \
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --editable ".$$EXTRAS"; \
fi
endef

# An existing environment is used as it is: python3 may be older than the Python it was made with.
interpreter:
	@if [ -x "$(BIN)/python" ]; then \
		here=$$("$(BIN)/python" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
		asked=$$here; \
		if [ "$(origin PYTHON)" != file ]; then \
			asked=$$("$(PYTHON)" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo "not there"); \
		fi; \
		if [ "$$here" = "$$asked" ]; then exit 0; fi; \
		echo "make: $(VENV) holds Python $$here, and '$(PYTHON)' is $$asked;" \
			"give another folder for it (VENV=.venv-other) or run 'make clean' first" >&2; \
		exit 1; \
	fi; \
	if ! command -v "$(PYTHON)" >/dev/null; then \
		echo "make: '$(PYTHON)' is not there, and the simulator needs Python 3.11 or newer;" \
			"install one and name it: make run PYTHON=python3.12" >&2; \
		exit 1; \
	fi; \
	if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "make: '$(PYTHON)' is $$("$(PYTHON)" --version 2>&1 | head -n 1), and the simulator needs Python 3.11" \
			"or newer; install one and name it: make run PYTHON=python3.12" >&2; \
		exit 1; \
	fi; \
	new=yes; if [ -e "$(VENV)" ]; then new=no; fi; \
	if ! "$(PYTHON)" -m venv "$(VENV)"; then \
		if [ $$new = yes ]; then rm -rf "$(VENV)"; fi; \
		echo "make: '$(PYTHON) -m venv $(VENV)' failed; on Debian and Ubuntu install the package python3-venv first" >&2; \
		exit 1; \
	fi
