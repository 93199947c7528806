"""Sentence encoders are found by name on this machine, and downloaded only if a person names them."""

import shutil

import huggingface_hub
import pytest
from huggingface_hub import constants

from hearsight.errors import HearsightError
from hearsight.experts.registry import choose_meaning, load_expert
from hearsight.models import hub
from tests.experts.sentence_checkpoints import put_into_cache, tiny_checkpoint

MEAN = {"pooling_mode_mean_tokens": True}


@pytest.fixture(autouse=True)
def fresh():
    """No expert is loaded yet."""
    load_expert.cache_clear()
    yield
    load_expert.cache_clear()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub, which cannot be reached; `downloads` has what is asked of it."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path / "cache"


@pytest.fixture
def online(cache, tmp_path, monkeypatch):
    """A hub that has one sentence encoder; the list of downloads."""
    source, downloads = tiny_checkpoint(tmp_path / "source", pooling=MEAN), []

    def snapshot_download(name, allow_patterns, local_files_only=False):
        if local_files_only:
            raise huggingface_hub.errors.LocalEntryNotFoundError("not here")
        downloads.append(name)
        shutil.rmtree(cache, ignore_errors=True)
        shutil.copytree(source, tmp_path / "copy")
        return str(put_into_cache(cache, name, tmp_path / "copy"))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    monkeypatch.setattr(hub, "_check_reachable", lambda *names: None)
    return downloads


def test_a_name_is_downloaded_once_if_a_person_gives_it(online):
    assert choose_meaning("sentences:some/encoder") == "sentences:some/encoder" and online == ["some/encoder"]
    assert choose_meaning("sentences:some/encoder") and online == ["some/encoder"]
    assert load_expert("sentences:some/encoder").encode_queries(["a bell"]).any()


def test_without_a_name_it_is_e5(online):
    assert choose_meaning("sentences") == "sentences:intfloat/multilingual-e5-small"
    assert online == ["intfloat/multilingual-e5-small"]


def test_a_recorded_name_is_never_downloaded(online):
    with pytest.raises(HearsightError, match="not on this machine; download it"):
        load_expert("sentences:some/encoder")
    assert online == []


def test_a_part_that_another_program_has_downloaded_is_completed(online, cache, tmp_path):
    folder = put_into_cache(cache, "some/encoder", tiny_checkpoint(tmp_path / "model"))
    (folder / "modules.json").unlink()  # transformers has no use for it
    choose_meaning("sentences:some/encoder")
    assert online == ["some/encoder"]


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
