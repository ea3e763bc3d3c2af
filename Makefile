# Two commands do it all on a fresh machine: `make lab` and `make test`.
# They need Python 3.11 or newer and a package index; everything goes into .venv here.
#
#   make lab ARGS="--help"            arguments handed to `elman lab`
#   make test PYTHON=/path/to/python  which Python the .venv is made from
#   make test TORCH_INDEX=URL         one more index, searched for the CPU build of torch
#   make test JOBS=8                  processes that share the tests
#   make bench-check REF=main         the git ref that the working tree is compared with

PYTHON ?=
TORCH_INDEX ?=
ARGS ?=
JOBS ?= 2
REF ?= HEAD

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	-c constraints.txt $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help lab test test-all bench bench-check fuzz lint format clean distclean

help:
	@echo "make lab        train the networks of the lab, write its report"
	@echo "make test       formatting, lint, types and tests"
	@echo "make test-all   the same with the slow tests"
	@echo "make bench      elman beside other implementations: make bench ARGS=\"--set core --quick\""
	@echo "make bench-check  what became slower since a git ref: make bench-check REF=main"
	@echo "make fuzz       a million changed texts against the parser"
	@echo "make format     put the source into its standard form"
	@echo "make clean      remove caches and built files"
	@echo "make distclean  remove .venv too"

lab: .venv/stamp-run
	@$(BIN)/elman lab $(ARGS)

test: lint
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile $(ARGS)

test-all: lint
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile -m "slow or not slow" $(ARGS)

bench: .venv/stamp-bench
	@$(BIN)/elman bench $(ARGS)

bench-check: .venv/stamp-run
	@$(BIN)/elman bench check $(REF) $(ARGS)

# atheris has wheels for Linux; elsewhere: .venv/bin/python fuzz/fuzz_parse.py --plain 1000000 1
fuzz: .venv/stamp-test
	@$(PIP_INSTALL) --no-build-isolation -e ".[fuzz]"
	$(BIN)/python fuzz/fuzz_parse.py $(ARGS)

lint: .venv/stamp-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/stamp-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# A stamp is written only after its step has succeeded, so an interrupted installation is done again.
.venv/stamp-venv:
	@python=; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3.11 python3.12 python3.13 python3 python); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
		then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "elman needs Python 3.11 or newer$(if $(PYTHON),; PYTHON=$(PYTHON) does not give it:,, and none was found:)" >&2; \
		for candidate in $(if $(PYTHON),"$(PYTHON)",python3 python); do \
			echo "  $$candidate: $$("$$candidate" --version 2>&1 | head -n 1)" >&2; \
		done; \
		echo "Name one with: make PYTHON=/path/to/python3.11" >&2; \
		exit 1; \
	fi; \
	echo "Making .venv with $$("$$python" --version)."; \
	"$$python" -m venv .venv
	@touch $@

# The build back end comes first and is pinned too; hence no isolated build, which would ignore the pins.
.venv/stamp-build: .venv/stamp-venv constraints.txt
	@$(PIP_INSTALL) hatchling editables
	@touch $@

.venv/stamp-run: .venv/stamp-build pyproject.toml
	@echo "Installing elman and what it needs into .venv (torch is large: this can take minutes)."
	@$(PIP_INSTALL) --no-build-isolation -e .
	@touch $@

.venv/stamp-test: .venv/stamp-run
	@echo "Installing what the tests need into .venv."
	@$(PIP_INSTALL) --no-build-isolation -e ".[test]"
	@touch $@

.venv/stamp-bench: .venv/stamp-run
	@echo "Installing what elman is measured against into .venv."
	@$(PIP_INSTALL) --no-build-isolation -e ".[bench]"
	@touch $@

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests -type d -name __pycache__ -prune -exec rm -rf {} +

distclean: clean
	rm -rf .venv
