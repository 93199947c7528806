"""Sentence encoders are found by name on this machine, and downloaded only if a person names them."""

import pytest

from hearsight.errors import HearsightError
from hearsight.experts.registry import choose_meaning, load_expert
from tests.experts.sentence_checkpoints import tiny_checkpoint
from tests.hub import put_into_cache, use_cache, use_hub

MEAN = {"pooling_mode_mean_tokens": True}


@pytest.fixture(autouse=True)
def fresh():
    """No expert is loaded yet."""
    load_expert.cache_clear()
    yield
    load_expert.cache_clear()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub, which cannot be reached."""
    return use_cache(monkeypatch, tmp_path / "cache")


@pytest.fixture
def online(tmp_path, monkeypatch):
    """A hub that has one sentence encoder, by two names."""
    source = tiny_checkpoint(tmp_path / "source", pooling=MEAN)
    names = ("some/encoder", "intfloat/multilingual-e5-small")
    with use_hub(monkeypatch, tmp_path / "cache", dict.fromkeys(names, source)) as hub:
        yield hub


def test_a_name_is_downloaded_once_if_a_person_gives_it(online):
    assert choose_meaning("sentences:some/encoder") == "sentences:some/encoder"
    requests = len(online.requests)
    assert choose_meaning("sentences:some/encoder") and len(online.requests) == requests
    assert load_expert("sentences:some/encoder").encode_queries(["a bell"]).any()


def test_without_a_name_it_is_e5(online):
    assert choose_meaning("sentences") == "sentences:intfloat/multilingual-e5-small"
    assert all("intfloat/multilingual-e5-small" in path for path in online.downloads)


def test_a_recorded_name_is_never_downloaded(online):
    with pytest.raises(HearsightError, match="hearsight models pull sentences:some/encoder"):
        load_expert("sentences:some/encoder")
    assert online.requests == []


def test_a_part_that_another_program_has_downloaded_is_completed(online, tmp_path):
    folder = put_into_cache(tmp_path / "cache", "some/encoder", tiny_checkpoint(tmp_path / "model"))
    (folder / "modules.json").unlink()  # transformers has no use for it
    choose_meaning("sentences:some/encoder")
    assert (folder / "modules.json").is_file()


def test_without_a_network_that_part_will_do(cache, tmp_path):
    folder = put_into_cache(cache, "some/encoder", tiny_checkpoint(tmp_path / "model"))
    (folder / "modules.json").unlink()
    assert choose_meaning("sentences:some/encoder") == "sentences:some/encoder"
    (folder / "tokenizer.json").unlink()
    load_expert.cache_clear()
    with pytest.raises(HearsightError, match="use --meaning wordllama"):
        choose_meaning("sentences:some/encoder")
    with pytest.raises(HearsightError, match=r"tokenizer\.json is missing"):
        load_expert("sentences:some/encoder")


def test_a_folder_is_recorded_absolutely(tmp_path, monkeypatch, cache):
    tiny_checkpoint(tmp_path / "models" / "mine")
    monkeypatch.chdir(tmp_path)
    name = f"sentences:{tmp_path.resolve() / 'models' / 'mine'}"
    assert {choose_meaning(f"sentences:{given}") for given in ("models/mine", "./models/mine", name[10:])} == {name}
    monkeypatch.chdir(tmp_path / "models")
    assert choose_meaning("sentences:mine") == name and load_expert(name).name == name
    (tmp_path / "models" / "empty").mkdir()
    with pytest.raises(HearsightError, match="cannot be reached"):  # a folder without a model is not meant
        choose_meaning("sentences:empty")


@pytest.mark.parametrize("name", ["./gone", "/no/such/folder", "~/no/such/folder", "a/b/c", "../../x"])
def test_a_path_without_a_folder_is_not_looked_up_on_the_hub(cache, name, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(HearsightError, match="no such folder;"):
        choose_meaning(f"sentences:{name}")


@pytest.mark.parametrize(
    "name", ["/no/such/folder", "../../../etc", "..\\..\\x", "a/../../b", "\x00", "\ud800", "a" * 5000, "../x", ".."]
)
def test_a_hostile_name_is_not_on_this_machine(cache, name, tmp_path):
    (cache / "refs").mkdir(parents=True)
    (cache / "refs" / "main").write_text("..")  # what a name that leads out of its folder would read
    with pytest.raises(HearsightError, match="is not on this machine"):
        load_expert(f"sentences:{name}")
