"""`hearsight reindex`."""

import json

import pytest

from tests.builders import tiny_model
from tests.library.conftest import film


@pytest.fixture
def models(tmp_path):
    """Save two models with the same towers."""
    one = tiny_model(tmp_path / "one")
    two = tiny_model(tmp_path / "two", "avigate", seed=5)
    two.clip.load_state_dict(one.clip.state_dict())
    two.ast.load_state_dict(one.ast.state_dict())
    two.save_pretrained(tmp_path / "two")
    return tmp_path / "one", tmp_path / "two"


@pytest.fixture
def folder(tmp_path):
    film(tmp_path / "films" / "bell.mkv", 4)
    return tmp_path / "films"


def test_the_model_is_changed_without_decoding_the_files(run, models, folder, monkeypatch):
    one, two = models
    index = ["index", folder, "--model", one, "--recogniser", "none", "--seconds", "2", "--quiet"]
    assert run(*index, "--keep-features").code == 0
    (folder / "bell.mkv").write_bytes(b"")
    ran = run("reindex", folder, "--model", two)
    assert ran.code == 0 and "reindexed 2 of 2" in ran.err
    assert f"2 clips reindexed with {two}" in ran.out.replace("\n", "")
    monkeypatch.chdir(folder)
    assert json.loads(run("search", "a bell", "--json").out)["clips"] == 2
    report = json.loads(run("reindex", "--model", one, "--json").out)
    assert (report["folder"], report["model"], report["clips"]) == (str(folder), str(one), 2)


def test_an_index_without_features_is_refused(run, models, folder):
    one, two = models
    assert run("index", folder, "--model", one, "--recogniser", "none", "--quiet").code == 0
    refused = run("reindex", folder, "--model", two)
    assert refused.code == 1 and "has kept no features of its clips" in refused.err
    no_model = run("reindex", folder)
    assert no_model.code == 2 and "--model" in no_model.err
