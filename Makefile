PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable

.PHONY: demo test lint demo-model soundstage-report clean

demo: .venv/.base
	$(BIN)/hearsight demo

test: .venv/.dev
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The bundled demo model and demo clips, from nothing: some three hours on two cores. Needs flite and Noto's emoji font.
demo-model: .venv/.dev
	$(BIN)/python scripts/make_demo.py

# The papers' claims on Soundstage, from nothing to docs/soundstage.md; interrupted, it goes on. Needs the same.
soundstage-report: .venv/.dev
	$(BIN)/python experiments/soundstage

.venv/.base: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hearsight needs Python 3.11 or newer")'
	$(PYTHON) -m venv .venv
	$(INSTALL) .
	touch $@

.venv/.dev: .venv/.base
	$(INSTALL) '.[dev]'
	touch $@

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis hearsight-demo
