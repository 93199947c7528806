"""A search from the command line starts quickly: it imports neither torch nor a model's code, and reads no weights."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.cli.conftest import CUT

HEAVY = ("torch", "transformers", "huggingface_hub", "safetensors.torch", "av", "pandas", "httpx2")
# Runs a command line, and tells which modules are loaded at its end, and which files were opened.
PROGRAM = """
import json, sys
opened = []
sys.addaudithook(lambda event, values: opened.append(str(values[0])) if event == "open" else None)
from hearsight.cli.main import main
code = main(sys.argv[1:])
print(json.dumps([code, [name for name in sys.modules], opened]), file=sys.stderr)
"""
ENCODER_FILES = ("encoder.json", "weights.npy")


def search(folder, cache, *options):
    """Run a search in a process of its own. Return its hits, the heavy modules it loaded and the files it opened."""
    command = [sys.executable, "-c", PROGRAM, "search", "a bell rings", "--in", str(folder), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "XDG_CACHE_HOME": str(cache)})
    code, modules, opened = json.loads(done.stderr.splitlines()[-1])
    assert code == 0, done.stderr
    return json.loads(done.stdout)["hits"], set(HEAVY) & set(modules), opened


@pytest.fixture
def library(run, films, model_folder, tmp_path, monkeypatch):
    """An index whose model's queries are in no cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert run("index", films, "--model", model_folder, *CUT).code == 0
    return films


def test_the_first_search_loads_the_model_and_the_next_does_not(run, library, model_folder, tmp_path, monkeypatch):
    """A cache that somebody has put into the library is not used in place of the user's own."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    first = json.loads(run("search", "a bell rings", "--in", library, "--json").out)["hits"]
    second, modules, files = search(library, cache)
    assert modules == set()
    encoder = [file for file in files if file.endswith(ENCODER_FILES)]
    assert len(encoder) >= 2 and all(file.startswith(str(cache)) for file in encoder)
    assert not any(file.startswith(str(model_folder)) for file in files)
    assert [hit["clip"] for hit in first] == [hit["clip"] for hit in second]
    assert [hit["score"] for hit in first] == pytest.approx([hit["score"] for hit in second], abs=1e-4)

    cached = cache / "hearsight"
    for planted in (library, library / ".hearsight", library / ".hearsight" / "queries"):
        shutil.copytree(cached, planted / "hearsight", dirs_exist_ok=True)
        shutil.copytree(cached / "queries", planted / "queries", dirs_exist_ok=True)
    _, modules, files = search(library, "/dev/null")
    assert "torch" in modules
    assert not any(file.startswith(str(library)) and file.endswith(ENCODER_FILES) for file in files)


def test_after_indexing_the_first_search_is_quick(run, films, model_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert run("index", films, "--model", model_folder, *CUT, "--dtype", "float32").code == 0
    assert search(films, tmp_path / "cache")[1] == set()
