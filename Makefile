PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

# A file's tests run one after another in one of five processes (tests/conftest.py); long ones run first. Five keep two
# cores busy, because tests wait a fifth of their time: for processes that start, servers and browsers. They start some
# hundred processes, which would all compile the package if Python were told to write no bytecode.
PYTEST := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n 5 --no-loadscope-reorder

.PHONY: demo test quick coverage docs lint format demo-model soundstage-report benchmarks clean

demo: .venv/.base
	$(BIN)/hearsight demo

# All tests.
test: .venv/.dev
	$(PYTEST)

# The tests that need no browser, cluster or recogniser, and take no longer than a few seconds.
quick: .venv/.dev
	$(PYTEST) -m "not slow and not browser and not ray and not recogniser"

coverage: .venv/.dev
	$(PYTEST) --cov=hearsight --cov-report=term:skip-covered --cov-report=html:build/coverage

# The commands and programs of the documentation, typed and run as they stand there.
docs: .venv/.dev
	$(PYTEST) tests/docs

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Trains the bundled demo model and renders the demo clips: some three hours on two cores. Needs flite and Noto's emoji
# font.
demo-model: .venv/.dev
	$(BIN)/python scripts/make_demo.py

# Tests the papers' claims on Soundstage and writes docs/soundstage.md. Needs the same. Resumes where it was interrupted.
soundstage-report: .venv/.dev
	$(BIN)/python experiments/soundstage

# Measures the speeds and sizes of docs/performance.md: hours on two quiet cores, and 40 GB of disk.
benchmarks: .venv/.dev
	$(INSTALL) '.[dev,benchmarks]'
	$(BIN)/python benchmarks/indexing.py
	$(BIN)/python benchmarks/embedding_drift.py
	$(BIN)/python benchmarks/film.py --pictures 1080p --model published --recogniser none
	$(BIN)/python benchmarks/library_growth.py --keep build/million --figure docs/scale/search.png
	$(BIN)/python benchmarks/query.py
	$(BIN)/python benchmarks/cold_search.py
	$(BIN)/python benchmarks/confidence.py --figure docs/confidence.svg
	$(BIN)/python benchmarks/unchanged_files.py
	$(BIN)/python benchmarks/fuzz.py
	$(BIN)/python benchmarks/mixed_use.py
	OMP_NUM_THREADS=1 $(BIN)/python benchmarks/slides.py --rounds 1
	$(BIN)/python benchmarks/everyday.py
	$(BIN)/python benchmarks/decoding.py
	$(BIN)/python benchmarks/recognisers.py
	$(BIN)/python benchmarks/pictures_read.py
	$(BIN)/python benchmarks/cluster.py
	$(BIN)/python benchmarks/server_load.py

.venv/.base: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hearsight needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(INSTALL) .
	touch $@

.venv/.dev: .venv/.base
	$(INSTALL) '.[dev]'
	touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis hearsight-demo
