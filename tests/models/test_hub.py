"""What is in the hub's cache is used if it is enough, whoever put it there."""

import json

import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.models.hub import has_model
from tests.builders import tiny_model
from tests.hub import put_into_cache, use_cache
from tests.public_checkpoints import tiny_siglip


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """The folder of a model in the hub's cache, without a network."""
    cache = use_cache(monkeypatch, tmp_path / "cache")
    tiny_model(tmp_path / "model")
    return put_into_cache(cache, "some/model", tmp_path / "model")


def test_a_whole_copy_needs_no_network(cached):
    assert hearsight.load("some/model").config.method == "save"


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_part_of_one_is_not_taken_for_a_model(cached, missing):
    (cached / missing).unlink()
    with pytest.raises(HearsightError, match="it was not downloaded before"):
        hearsight.load("some/model")


@pytest.mark.parametrize("missing", [None, "tokenizer.json", "preprocessor_config.json"])
def test_a_siglip_needs_what_it_is_read_by(cached, missing):
    for file in cached.iterdir():
        file.unlink()
    tiny_siglip(cached)
    if missing is None:
        assert hearsight.load("some/model").config.words == 64
        return
    (cached / missing).unlink()
    with pytest.raises(HearsightError, match="it was not downloaded before"):
        hearsight.load("some/model")


def test_all_parts_of_the_weights_are_needed(cached):
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (cached / "model.safetensors.index.json").write_text(json.dumps(index))
    (cached / "model.safetensors").rename(cached / "model-1.safetensors")
    assert not has_model(cached)
    (cached / "model-2.safetensors").touch()
    assert has_model(cached)
