"""What is in the hub's cache is used if it is enough, whoever put it there."""

import json
import shutil

import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.models.hub import has_model, is_on_hub, video_model
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


@pytest.mark.parametrize("current", [None, "", "gone", "\0", b"\xff"])
def test_a_copy_that_does_not_say_which_version_is_current(cached, current):
    """The fullest is taken: others may be what an interrupted download has left."""
    main = cached.parents[1] / "refs" / "main"
    main.write_bytes(current) if isinstance(current, bytes) else main.write_text(current or "")
    if current is None:
        shutil.rmtree(main.parent)
    (cached.parent / "other").mkdir()
    (cached.parent / "other" / "config.json").write_text("{}")
    (cached.parent / ".DS_Store").touch()
    assert video_model("some/model").cached() == cached and is_on_hub("some/model")


def test_the_current_version_is_taken_even_if_another_has_more(cached):
    fuller = shutil.copytree(cached, cached.parent / "fuller")
    (fuller / "more.txt").touch()
    assert video_model("some/model").cached() == cached


def test_a_cache_without_versions_has_no_model(cached):
    shutil.rmtree(cached.parents[1])
    cached.parents[1].mkdir()
    assert video_model("some/model").cached() is None
    (cached.parents[1] / "snapshots").mkdir()
    assert video_model("some/model").cached() is None


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
