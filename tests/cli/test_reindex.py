"""`hearsight reindex`, as a person types it."""

import json

import pytest

from tests.builders import tiny_model
from tests.library.conftest import film


@pytest.fixture
def models(tmp_path):
    """Two heads on the same towers."""
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


def test_a_new_head_without_the_files(run, models, folder, monkeypatch):
    one, two = models
    index = ["index", folder, "--model", one, "--recogniser", "none", "--seconds", "2", "--quiet"]
    assert run(*index, "--keep-features").code == 0
    (folder / "bell.mkv").write_bytes(b"")
    ran = run("reindex", folder, "--model", two)
    assert ran.code == 0 and "reindexed 2 of 2" in ran.err
    assert f"2 clips reindexed with {two}" in ran.out.replace("\n", "")
    monkeypatch.chdir(folder)
    assert json.loads(run("search", "a bell", "--json").out)["clips"] == 2
    told = json.loads(run("reindex", "--model", one, "--json").out)
    assert (told["folder"], told["model"], told["clips"]) == (str(folder), str(one), 2)


def test_without_features(run, models, folder):
    one, two = models
    assert run("index", folder, "--model", one, "--recogniser", "none", "--quiet").code == 0
    refused = run("reindex", folder, "--model", two)
    assert refused.code == 1 and "has kept no features of its clips" in refused.err
    unsaid = run("reindex", folder)
    assert unsaid.code == 2 and "--model" in unsaid.err
