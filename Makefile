# Every target sets itself up from a bare clone: python3 (3.11 or newer) is all that it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/installed
MUTATION := $(VENV)/mutation
BROWSER := $(VENV)/browser
ZENSICAL := $(VENV)/zensical
STATISTICS := .statistics
DIST := .dist

.PHONY: cases test test-oracle test-workers test-editor test-loaded test-applications test-browser test-statistics mutants dist test-installations pictures site lint bench clean

cases: $(STAMP)  ## replay the example cases from their recordings, and see that they are strong; no network, no key
	$(BIN)/python -m pytest -q examples/python
	$(BIN)/python -m pytest cases -p no:hypothesispytest -p tests.without_hypothesis  # as where it is not installed
	$(BIN)/python -m prompt_contracts strength cases --min 80% --strict

test: $(STAMP)  ## the project's own tests
	$(BIN)/python -m pytest -n 3 --dist loadfile tests  # a third: many tests wait for a process or for time

test-workers: $(STAMP)  ## every way in which pytest-xdist deals out cells; `make test` tries one of them
	PROMPT_CONTRACTS_ALL_WORKERS=1 $(BIN)/python -m pytest tests/plugin/test_workers.py tests/plugin/test_asking_ahead.py

test-editor: $(STAMP)  ## the schema of case files in the language server that editors run; installs it with npm
	$(BIN)/python -m tests.editor

test-loaded: $(STAMP)  ## the project's own tests beside four busy processes
	$(BIN)/python -m tests.loaded -n 2 --dist loadfile tests

test-applications: $(STAMP)  ## frameworks and SDKs from their registries, each in its own environment; needs a network
	$(BIN)/python -m tests.applications

test-installations: $(STAMP)  ## a project with many plugins, on four versions of pytest from the registry; needs a network
	$(BIN)/python -m tests.installations

dist: $(STAMP) $(DIST)/installed  ## wheel and source distribution: built, checked, and tried in an empty environment; needs a network
	$(DIST)/bin/python -m tests.distribution

test-browser: $(STAMP) $(BROWSER)  ## the HTML report in a real browser, which has to be there: Debian's chromium
	$(BIN)/python -m pytest -rs tests/browser

test-statistics: $(STATISTICS)/installed  ## our statistics beside those of scipy and statsmodels, in an environment of their own
	$(STATISTICS)/bin/python -m pytest tests/results/scipy_agreement.py

mutants: $(STAMP) $(MUTATION)  ## 200 small errors put into the code, and which of them no test notices; half an hour
	$(BIN)/python -m tests.mutation

test-oracle: $(STAMP)  ## 50,000 made-up contracts, judged by the real judge and by a naive one; half an hour
	PROMPT_CONTRACTS_ORACLE_EXAMPLES=50000 $(BIN)/python -m pytest tests/oracle

pictures: $(STAMP) $(BROWSER)  ## pictures of the HTML report of the example cases, into docs/pictures; needs the browser
	$(BIN)/python docs/pictures.py

site: $(STAMP) $(ZENSICAL)  ## the documentation as a site of static pages, in .site/html; a broken link stops it
	$(BIN)/python docs/site.py .site
	cd .site && ../$(BIN)/zensical build --strict --config-file zensical.toml

lint: $(STAMP)  ## formatting, lint rules, types, architecture
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)  ## benchmarks; prints ratios, asserts nothing
	$(BIN)/python benchmarks/replay.py
	$(BIN)/python benchmarks/collection.py
	$(BIN)/python benchmarks/trials.py
	$(BIN)/python benchmarks/idle_plugin.py
	$(BIN)/python benchmarks/judge.py
	$(BIN)/python benchmarks/schema.py
	$(BIN)/python benchmarks/stub_server.py
	$(BIN)/python benchmarks/handler.py
	$(BIN)/python benchmarks/live.py
	$(BIN)/python benchmarks/html_report.py
	$(BIN)/python benchmarks/strength.py
	$(BIN)/python benchmarks/properties.py
	$(BIN)/python benchmarks/reduction.py

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "$$(grep '^pip==' constraints.txt)"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --build-constraint constraints.txt --editable . --group dev
	touch $(STAMP)

$(BROWSER): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group browser
	touch $(BROWSER)

$(ZENSICAL): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group site
	touch $(ZENSICAL)

$(MUTATION): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group mutation
	touch $(MUTATION)

$(STATISTICS)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(STATISTICS)
	$(STATISTICS)/bin/python -m pip install --quiet --disable-pip-version-check "$$(grep '^pip==' constraints.txt)"
	$(STATISTICS)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --build-constraint constraints.txt --editable . --group dev --group statistics
	touch $(STATISTICS)/installed

$(DIST)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DIST)
	$(DIST)/bin/python -m pip install --quiet --disable-pip-version-check "$$(grep '^pip==' constraints.txt)"
	$(DIST)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group dist
	touch $(DIST)/installed

clean:
	rm -rf $(VENV) $(STATISTICS) $(DIST) dist .mutants .applications .installations .site .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
