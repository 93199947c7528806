"""Query encoders are kept in the user's cache, and whatever is wrong there is as if nothing were."""

import errno
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from hearsight.models import query_cache
from hearsight.models.query_cache import read_queries, write_queries
from hearsight.models.torch_queries import numpy_queries
from tests.builders import tiny_model

TEXTS = ["a bell rings", "the doctor lost a yellow bicycle"]


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "hearsight" / "queries"


@pytest.fixture(scope="module", params=["clip4clip", "chorus"])
def model(request, tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model"), request.param)


@pytest.fixture
def name(model) -> str:
    return str(model.tokenizer.source)


@pytest.fixture
def folder(cache, model, name) -> Path:
    """The folder that an encoder was written to."""
    write_queries(name, model.fingerprint, numpy_queries(model))
    [folder] = cache.iterdir()
    return folder


def test_an_encoder_is_read_as_it_was_written(folder, model, name):
    encoder, expected = read_queries(name, model.fingerprint), numpy_queries(model)
    assert type(encoder) is type(expected) and encoder.config == expected.config
    np.testing.assert_array_equal(encoder.encode(TEXTS), expected.encode(TEXTS))
    assert encoder.tokenize(["<|endoftext|>"]) == expected.tokenize(["<|endoftext|>"])
    assert not any(values.flags.writeable for values in encoder.weights.values())  # mapped, not copied


def test_nothing_is_read_of_another_model(folder, model, name):
    other = "0123456789ab"
    assert read_queries(name, other) is None
    shutil.copytree(folder, folder.with_name(folder.name.replace(model.fingerprint, other)))
    assert read_queries(name, other) is None


@pytest.mark.parametrize("fingerprint", ["", "..", "../../x", "0123456789AB", "0123456789abc", "/etc/passwd0"])
def test_a_library_cannot_name_another_folder(folder, name, fingerprint):
    assert read_queries(name, fingerprint) is None


def test_a_model_whose_files_have_changed_is_loaded_again(folder, model, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(model.tokenizer.source, copy)
    write_queries(str(copy), model.fingerprint, numpy_queries(model))
    assert read_queries(str(copy), model.fingerprint) is not None
    os.utime(copy / "model.safetensors", (1, 1))
    assert read_queries(str(copy), model.fingerprint) is None


def cut(file):
    os.truncate(file, file.stat().st_size // 2)


def empty(file):
    file.write_bytes(b"")


def noise(file):
    file.write_bytes(np.random.default_rng(0).bytes(file.stat().st_size))


def make_folder(file):
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("damage", [Path.unlink, cut, empty, noise, make_folder])
@pytest.mark.parametrize("file", ["encoder.json", "weights.npy", "tokenizer.json"])
def test_a_damaged_file_is_as_if_there_were_none_and_is_written_anew(folder, model, name, file, damage):
    damage(folder / file)
    assert read_queries(name, model.fingerprint) is None
    write_queries(name, model.fingerprint, numpy_queries(model))
    np.testing.assert_array_equal(
        read_queries(name, model.fingerprint).encode(TEXTS), numpy_queries(model).encode(TEXTS)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"encoder": "unknown"},
        {"shapes": {}},
        {"shapes": {"clip.model.text_projection.weight": [2, 2]}},
        {"config": {}},
        {"config": None},
    ],
)
def test_a_description_that_does_not_fit_is_as_if_there_were_none(folder, model, name, change):
    file = folder / "encoder.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert read_queries(name, model.fingerprint) is None


def test_pickles_are_not_read(folder, model, name):
    np.save(folder / "weights.npy", np.array([{"a": 1}], object), allow_pickle=True)
    assert read_queries(name, model.fingerprint) is None


def test_a_cache_that_cannot_be_written_changes_nothing(cache, model, name):
    cache.parent.parent.mkdir()
    cache.parent.write_text("a file stands where the cache should be")
    write_queries(name, model.fingerprint, numpy_queries(model))
    assert read_queries(name, model.fingerprint) is None


def test_a_full_disk_leaves_nothing(cache, model, name, monkeypatch):
    def fill_up(file, weights):
        file.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(query_cache, "_write_weights", fill_up)
    write_queries(name, model.fingerprint, numpy_queries(model))
    assert list(cache.iterdir()) == []
    assert read_queries(name, model.fingerprint) is None


def test_without_a_home_there_is_no_cache(model, name, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", lambda path: (_ for _ in ()).throw(RuntimeError("no home")))
    write_queries(name, model.fingerprint, numpy_queries(model))
    assert read_queries(name, model.fingerprint) is None


def test_an_encoder_in_use_survives_its_replacement(folder, model, name):
    encoder = read_queries(name, model.fingerprint)
    write_queries(name, model.fingerprint, numpy_queries(model))
    np.testing.assert_array_equal(encoder.encode(TEXTS), numpy_queries(model).encode(TEXTS))
