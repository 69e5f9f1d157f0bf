# Everything the project does, as commands: `make help` lists them. Each one does the set-up that it needs, once.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := $(CURDIR)/.venv
AIRFLOW_VENV := $(CURDIR)/.venv-airflow
READY := $(VENV)/.ready
AIRFLOW_READY := $(AIRFLOW_VENV)/.ready
SPARK_READY := $(VENV)/.spark

# spark-submit finds Spark through the first python on the path, and the workers run PYSPARK_PYTHON.
export PATH := $(VENV)/bin:$(PATH)
export PYSPARK_PYTHON := $(VENV)/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport SPARK_HOME

LAKE ?= demo-lake
PYTEST_WORKERS ?= 2
# A file's tests stay together: they share what is slow to make.
PYTEST = python -m pytest --numprocesses $(PYTEST_WORKERS) --dist loadfile
ON_SPARK = ABUSE_MINING_ENGINE=spark
WITH_LOCK = python -m pip install --quiet --require-hashes
UV_COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(UPGRADE)
UV := $(CURDIR)/.cache/uv/bin/uv

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- using it ---------------------------------------------------------------------------------------------------------

.PHONY: demo
demo: $(READY) ## Make up a platform, find its abusers, and show what was found (lake in ./demo-lake)
	@python -m jobs demo --lake $(LAKE)

.PHONY: loop
loop: $(READY) ## Run three weeks on a made-up platform whose reviewers answer, and draw them (loop.png; a quarter of an hour)
	@python -m jobs loop --lake loop-lake

AIRFLOW_HERE = AIRFLOW_HOME=$(CURDIR)/.airflow \
	AIRFLOW__CORE__DAGS_FOLDER=$(CURDIR)/airflow_dags \
	AIRFLOW__CORE__LOAD_EXAMPLES=False \
	AIRFLOW_CONN_SPARK_DEFAULT='{"conn_type": "spark", "host": "local[*]"}' \
	PATH="$(AIRFLOW_VENV)/bin:$$PATH"

.PHONY: airflow
airflow: $(READY) $(SPARK_READY) $(AIRFLOW_READY) ## Start Airflow with the DAGs on this machine, to try it (http://localhost:8080)
	@$(AIRFLOW_HERE) airflow standalone

# Those that need no lake; ablation and prevalence_coverage look at lakes that scores_against_truth kept.
BENCHES = end_to_end links feature_days score co_sharing rings_against_notebook scores_against_truth planted_groups \
	organic_crowds prevalence_simulated

.PHONY: bench
bench: $(READY) ## Measure the suite against the alternatives (bench/; hours)
	@for name in $(BENCHES); do echo "== $$name"; python "bench/$$name.py"; done

# The program of a second generator, which shares no code with simulation/: without one, the prior rests on one alone.
SECOND ?= ../shared/worlds/make_world.py

.PHONY: ring-prior
ring-prior: $(READY) ## Fit the prior on rings anew, on platforms of two generators (an hour), and write its card
	@python -m tools.ring_prior $(if $(wildcard $(SECOND)),--second $(SECOND))

.PHONY: wheel
wheel: $(READY) ## Build the wheel that a cluster gets as --py-files (dist/)
	@rm -rf build dist
	@python -m build --wheel --no-isolation --quiet --outdir dist .
	@ls dist/*.whl

# --- working on it ----------------------------------------------------------------------------------------------------

# The embedded engine runs what does not ask for Spark itself; that part needs Java.
.PHONY: test
test: $(READY) $(AIRFLOW_READY) ## Run the tests, those of the Airflow DAGs in Airflow's own environment
	@$(PYTEST) -m "not slow and not spark and not engines" $(PYTEST_ARGS)
	@if sh tools/check_machine.sh java 2>/dev/null; then $(MAKE) --no-print-directory test-spark-alone; \
		else echo "no Java 17 or 21 here: tests that ask for Spark itself were left out"; fi
	@$(AIRFLOW_PYTEST) -m "not slow"

.PHONY: test-fast
test-fast: $(READY) ## Run the tests that take seconds
	@$(PYTEST) -m "not slow and not whole and not spark and not engines" $(PYTEST_ARGS)

.PHONY: test-spark-alone
test-spark-alone: $(READY) $(SPARK_READY)
	@$(ON_SPARK) $(PYTEST) -m "spark and not slow" $(PYTEST_ARGS)

.PHONY: test-spark
test-spark: test-spark-alone test-spark-too ## Run the tests on Spark, set as production sets it (half an hour and more)

# What the embedded engine runs in `make test`.
.PHONY: test-spark-too
test-spark-too: $(READY) $(SPARK_READY)
	@$(ON_SPARK) $(PYTEST) -m "not (slow or spark or sail or engines)" $(PYTEST_ARGS)

.PHONY: test-engines
test-engines: $(READY) $(SPARK_READY) ## Run all jobs on both engines and compare whole tables
	@$(PYTEST) -m engines $(PYTEST_ARGS)

.PHONY: test-slow
test-slow: $(READY) $(SPARK_READY) $(AIRFLOW_READY) ## Run the tests on whole lakes, through Airflow and on a cluster (long)
	@$(PYTEST) -m "slow and not spark" $(PYTEST_ARGS)
	@$(ON_SPARK) $(PYTEST) -m "slow and spark" $(PYTEST_ARGS)
	@$(AIRFLOW_PYTEST) -m slow

.PHONY: test-airflow
test-airflow: $(READY) $(AIRFLOW_READY) ## Run the tests of the Airflow DAGs
	@$(AIRFLOW_PYTEST)

AIRFLOW_PYTEST = $(AIRFLOW_VENV)/bin/python -m pytest --confcutdir tests/airflow_dags tests/airflow_dags $(PYTEST_ARGS)

.PHONY: lint
lint: $(READY) ## Check style, types, the arrows between packages, and what engines would read differently
	@ruff check .
	@ruff format --check --quiet . || { ruff format --check .; exit 1; }
	@mypy
	@lint-imports --no-logo
	@python tools/lint_engines.py

.PHONY: format
format: $(READY) ## Rewrite the code in the project's style
	@ruff check --fix .
	@ruff format .

.PHONY: docs
docs: $(READY) ## Write the pages of docs/ that are made from the code, and bench/RESULTS.md, anew
	@python -m lake.docs > docs/tables.md
	@python -m conf.docs > docs/configuration.md
	@python -m features.docs > docs/features.md
	@python bench/page.py > bench/RESULTS.md

.PHONY: clean
clean: ## Remove what the commands made, the environments too
	@rm -rf .venv .venv-airflow .cache build dist .airflow demo-lake demo-lake_truth loop-lake loop-lake_truth loop.png spark-warehouse *.egg-info
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up -----------------------------------------------------------------------------------------------------------

.PHONY: setup
setup: $(READY) ## Make the environment that all commands share (.venv)

.PHONY: spark
spark: $(SPARK_READY) ## Make Spark ready in it, too (asks for Java; the Delta jars)

.PHONY: airflow-env
airflow-env: $(AIRFLOW_READY) ## Make Airflow's own environment (.venv-airflow)

.PHONY: java
java:
	@sh tools/check_machine.sh java

# pyspark comes as source: its build uses the pinned setuptools of requirements-build.lock, not one fetched on the side.
$(READY): requirements-build.lock requirements.lock setup.cfg
	@python=$$(sh tools/check_machine.sh); test -x $(VENV)/bin/python || { rm -rf $(VENV); "$$python" -m venv $(VENV); }
	@echo "setting up .venv: some minutes the first time"
	@$(WITH_LOCK) -r requirements-build.lock
	@$(WITH_LOCK) --no-build-isolation -r requirements.lock
	@python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

$(SPARK_READY): $(READY) jars.lock tools/fetch_delta_jars.py | java
	@python tools/fetch_delta_jars.py
	@touch $@

$(AIRFLOW_READY): requirements-airflow.lock
	@python=$$(sh tools/check_machine.sh); test -x $(AIRFLOW_VENV)/bin/python || { rm -rf $(AIRFLOW_VENV); "$$python" -m venv $(AIRFLOW_VENV); }
	@echo "setting up .venv-airflow: some minutes the first time"
	@$(AIRFLOW_VENV)/bin/python -m pip install --quiet --require-hashes -r requirements-build.lock
	@$(AIRFLOW_VENV)/bin/python -m pip install --quiet --require-hashes --no-build-isolation -r requirements-airflow.lock
	@touch $@

.PHONY: lock
lock: $(UV) ## Pin what setup.cfg asks for, with hashes (UPGRADE=--upgrade: newest versions)
	@printf '%s\n' 'setuptools>=80' wheel | $(UV_COMPILE) --output-file requirements-build.lock -
	@$(UV_COMPILE) --extra dev --extra mlflow --output-file requirements.lock setup.cfg
	@python3 -c 'import configparser as c; s = c.ConfigParser(); s.read("setup.cfg"); print(s["options.extras_require"]["airflow"])' \
		| $(UV_COMPILE) --output-file requirements-airflow.lock -

$(UV):
	@python=$$(sh tools/check_machine.sh); "$$python" -m venv .cache/uv && .cache/uv/bin/python -m pip install --quiet uv
