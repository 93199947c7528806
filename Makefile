PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: demo test lint demo-model soundstage-report benchmarks clean

demo: .venv/.base
	$(BIN)/hearsight demo

test: .venv/.dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The bundled demo model and demo clips, from nothing: some three hours on two cores. Needs flite and Noto's emoji font.
demo-model: .venv/.dev
	$(BIN)/python scripts/make_demo.py

# The papers' claims on Soundstage, from nothing to docs/soundstage.md; interrupted, it goes on. Needs the same.
soundstage-report: .venv/.dev
	$(BIN)/python experiments/soundstage

# The numbers of docs/performance.md that are about speed and scale; hours on two quiet cores, and 40 GB.
benchmarks: .venv/.dev
	$(INSTALL) '.[dev,benchmarks]'
	$(BIN)/python benchmarks/indexing.py
	$(BIN)/python benchmarks/embedding_drift.py
	$(BIN)/python benchmarks/film.py --pictures 1080p --model published --recogniser none
	$(BIN)/python benchmarks/million.py --keep build/million --figure docs/scale/search.png
	$(BIN)/python benchmarks/query.py
	$(BIN)/python benchmarks/unchanged_files.py
	$(BIN)/python benchmarks/read_clips.py
	$(BIN)/python benchmarks/cluster.py
	$(BIN)/python benchmarks/serving.py

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
