# make demo: set up, run the whole graph on generated cohorts, offline. make test: set up, all tests.
# make run: the public cohorts (ICB_MIRROR=<folder> reads the addresses from a folder). make ui: Dagster's UI.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ICB_DATA ?= $(CURDIR)/data
DAGSTER_HOME ?= $(ICB_DATA)/dagster
PORT ?= 3000
ROOMS := ingestion analytics warehouse interfaces orchestration
export ICB_DATA DAGSTER_HOME
export DO_NOT_TRACK = 1

# make spark: the same on Spark (needs Java 17): the generated cohorts, or those that ICB_MIRROR gives.

.PHONY: setup setup-spark spark demo run test lint lint-types lint-rest ui dagster-home lock docs docs-site receipts sources clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 14) else "Python 3.11 to 3.13 is needed, this is " + sys.version.split()[0] + "; set PYTHON=/path/to/python3.11")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@echo "Setting up $(VENV) from requirements.lock"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@echo "Compiling packages and rooms to bytecode (once; 20 s on one core)"
	@$(BIN)/python -m compileall -q -j 0 -x '/tests?/' $(VENV)/lib $(ROOMS) \
		|| echo "A file named above is not for this Python: it stays as it is"
	@echo "Compiling the statistics for this machine (once; 40 s on two cores)"
	@$(BIN)/python -m analytics.warm_up
	@touch $(STAMP)

$(VENV)/.spark: requirements-spark.lock $(STAMP)
	@echo "Adding Spark to $(VENV) from requirements-spark.lock (650 MB; a minute)"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-spark.lock
	@touch $@

setup-spark: $(VENV)/.spark

spark: setup-spark
	@ICB_ENGINE=spark $(BIN)/icb run --force $(if $(ICB_MIRROR),,--demo)

demo: setup
	@$(BIN)/icb run --demo

run: setup
	@$(BIN)/icb run

test: setup
	@$(BIN)/python -m pytest

lint: setup  # types and SQL take nearly all of the time, and each one core
	@$(MAKE) --no-print-directory -j 2 lint-types lint-rest

lint-types:
	@$(BIN)/mypy

lint-rest:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/vulture
	@$(BIN)/lint-imports --no-cache --no-logo
	@$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests

dagster-home:  # its dagster.yaml is yours once it is there
	@mkdir -p $(DAGSTER_HOME) && test -e $(DAGSTER_HOME)/dagster.yaml || cp dagster.yaml $(DAGSTER_HOME)/dagster.yaml

ui: setup dagster-home
	@ICB_UI=$${ICB_UI:-http://127.0.0.1:$(PORT)} $(BIN)/dagster dev -w workspace.yaml -p $(PORT)

lock: setup
	@$(BIN)/uv pip compile pyproject.toml --extra build --extra dev --extra postgres --universal --python-version 3.11 --generate-hashes --quiet -o requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra spark -c requirements.lock --universal --python-version 3.11 --generate-hashes --quiet -o requirements-spark.lock

docs: setup
	@$(BIN)/python -m warehouse.reports.table_docs
	@$(BIN)/python -m warehouse.reports.catalogue_docs
	@$(BIN)/python -m warehouse.reports.key_docs
	@$(BIN)/python -m warehouse.reports.dbt_docs

docs-site: setup  # the documentation as pages, in data/docs-site; a broken link fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet -d $(ICB_DATA)/docs-site
	@echo "$(ICB_DATA)/docs-site/index.html"

sources: setup  # sources.lock.json from what the last `make run` read over https
	@$(BIN)/python -m warehouse.project_lock

receipts: setup  # docs/cohorts.md and a page for each cohort, from the published file of `make run`
	@$(BIN)/python -m warehouse.reports.cohort_pages

clean:
	rm -rf $(VENV) dbt_project/target dbt_project/logs
