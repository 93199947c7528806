"""Public models of the hub's format, from a command line to results: a tiny SigLIP2, and a tiny PE-AV."""

import json

import pytest

from hearsight.towers import pe_av_towers
from tests.cli.conftest import CUT
from tests.cli.test_cold_search import search
from tests.pe_checkpoints import tiny_pe_av
from tests.public_checkpoints import tiny_siglip

ALL = ("--min-confidence", "0")


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


def test_what_sees_and_hears_is_searched_without_torch_and_timm(run, films, tmp_path, monkeypatch, timm_here):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    tiny_pe_av(tmp_path / "pe-av")
    done = run("index", films, "--model", tmp_path / "pe-av", *CUT, "--json")
    assert done.code == 0 and json.loads(done.out)
    hits, modules, opened = search(films, tmp_path / "cache", *ALL)
    assert len(hits) == 2 and modules == set() and str(tmp_path / "pe-av" / "model.safetensors") in opened
    assert json.loads(run("info", films, "--json").out)["senses"] == ["seen", "heard"]
    assert "what is seen and heard" in run("info", films).out
    answer = run("search", "heard: a bell rings", "--in", films, "--json", *ALL)
    assert json.loads(answer.out)["notes"] == [] and "nothing in this library is heard" not in answer.err


def test_without_timm_the_command_is_named(run, films, tmp_path, monkeypatch, timm_here):
    tiny_pe_av(tmp_path / "pe-av")
    monkeypatch.setattr(pe_av_towers, "find_spec", lambda name: None)
    done = run("index", films, "--model", tmp_path / "pe-av", *CUT)
    assert done.code == 1 and "pip install 'hearsight[pe-av]'" in done.err and done.err.count("\n") == 1
    assert not (films / ".hearsight").exists()


def test_a_broken_checkpoint_is_refused_before_anything_is_indexed(run, films, checkpoint):
    (checkpoint / "tokenizer.json").unlink()
    done = run("index", films, "--model", checkpoint, *CUT)
    assert done.code == 1 and "no tokenizer.json in" in done.err and done.err.count("\n") == 1
    assert not (films / ".hearsight").exists()
