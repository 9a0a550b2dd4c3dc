# Every target sets itself up from a bare clone: python3 (3.11 or newer) is all that it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed

.PHONY: cases test lint bench clean

cases: $(STAMP)  ## replay the example cases from their recordings; no network, no key
	$(BIN)/python -m pytest cases

test: $(STAMP)  ## the project's own tests
	$(BIN)/python -m pytest -n 2 tests

lint: $(STAMP)  ## formatting, lint rules, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## benchmarks; prints ratios, asserts nothing
	$(BIN)/python benchmarks/replay.py
	$(BIN)/python benchmarks/idle_plugin.py
	$(BIN)/python benchmarks/judge.py
	$(BIN)/python benchmarks/stub_server.py

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^pip==' constraints.txt)"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --build-constraint constraints.txt --editable . --group dev
	touch $(STAMP)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
