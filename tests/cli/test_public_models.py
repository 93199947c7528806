"""A public model of the hub's format, from a command line to results: a tiny SigLIP2."""

import json

import pytest

from tests.cli.conftest import CUT
from tests.cli.test_cold_search import search
from tests.public_checkpoints import tiny_siglip


@pytest.fixture
def checkpoint(tmp_path):
    tiny_siglip(tmp_path / "siglip2")
    return tmp_path / "siglip2"


def test_index_then_search_without_torch(run, films, checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert run("index", films, "--model", checkpoint, *CUT, "--dtype", "bfloat16").code == 0
    hits, modules, opened = search(films, tmp_path / "cache")
    assert len(hits) == 2 and modules == set()
    assert str(checkpoint / "model.safetensors") in opened  # mapped: the cache has no copy of the weights
    info = json.loads(run("info", films, "--json").out)
    assert info["senses"] == ["seen"] and info["model"] == str(checkpoint)


def test_a_broken_checkpoint_is_refused_before_anything_is_indexed(run, films, checkpoint):
    (checkpoint / "tokenizer.json").unlink()
    done = run("index", films, "--model", checkpoint, *CUT)
    assert done.code == 1 and "no tokenizer.json in" in done.err and done.err.count("\n") == 1
    assert not (films / ".hearsight").exists()
