"""Sound experts by name, those of plugins, and what is downloaded for them."""

import numpy as np
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.experts.catalog import listed_models
from hearsight.experts.sound_registry import choose_sound, load_sound_expert, recorded_sound_expert
from hearsight.experts.sources import hub_models
from tests.experts.clap_checkpoints import tiny_clap
from tests.hub import use_cache, use_hub
from tests.pe_checkpoints import tiny_pe_audio


@pytest.fixture(autouse=True)
def fresh():
    """No expert is loaded yet."""
    load_sound_expert.cache_clear()
    yield
    load_sound_expert.cache_clear()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache of the hub, which cannot be reached."""
    return use_cache(monkeypatch, tmp_path / "cache")


@pytest.fixture
def online(tmp_path, monkeypatch):
    """A hub that has one CLAP, by two names, and a PE-Audio."""
    clap, frames = tiny_clap(tmp_path / "clap"), tiny_pe_audio(tmp_path / "pe-audio")
    models = {"laion/clap-htsat-unfused": clap, "some/clap": clap, "facebook/pe-a-frame-small": frames}
    with use_hub(monkeypatch, tmp_path / "cache", models) as hub:
        yield hub


def test_a_name_is_downloaded_once_if_a_person_gives_it(online):
    assert choose_sound("clap") == "clap:laion/clap-htsat-unfused"
    requests = len(online.requests)
    assert choose_sound("clap") == "clap:laion/clap-htsat-unfused" and len(online.requests) == requests
    assert load_sound_expert("clap:laion/clap-htsat-unfused").encode_queries(["a bell"]).any()


@pytest.mark.parametrize("name", ["pe-audio", "facebook/pe-a-frame-small"])
def test_a_listed_expert_is_known_by_its_hub_id_too(online, name):
    [model] = hub_models([name])
    assert choose_sound(name) == "pe-audio:facebook/pe-a-frame-small" and model.cached() is not None
    wanted = {"config.json", "model.safetensors", "preprocessor_config.json", "tokenizer.json"}
    assert {path.rpartition("/")[2] for path in online.downloads} == wanted
    listed = {each.name: each for each in listed_models()}
    assert listed["pe-audio:facebook/pe-a-frame-small"].here and not listed["pe-audio:facebook/pe-a-frame-base"].here


def test_older_weights_are_downloaded_where_there_are_no_others(online, tmp_path):
    import torch
    from safetensors.torch import load_file

    weights = tmp_path / "clap" / "model.safetensors"
    torch.save(load_file(weights), weights.with_name("pytorch_model.bin"))
    weights.unlink()
    assert choose_sound("clap:some/clap") == "clap:some/clap" == choose_sound("clap:some/clap")
    assert sum(path.endswith("pytorch_model.bin") for path in online.downloads) == 1


def test_a_recorded_name_is_never_downloaded(online):
    with pytest.raises(HearsightError, match="hearsight models pull clap:some/clap"):
        recorded_sound_expert("clap:some/clap")
    assert online.requests == []


def test_without_a_network_it_says_what_to_do(cache):
    with pytest.raises(HearsightError, match="use --sound none"):
        choose_sound("clap")


def test_none_is_no_expert_and_so_is_nothing():
    assert choose_sound("none") == "none" and recorded_sound_expert("none") is recorded_sound_expert(None) is None


def test_a_folder_is_recorded_absolutely(tmp_path, monkeypatch):
    folder = tiny_clap(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert choose_sound("clap:mine") == choose_sound("clap:./mine") == f"clap:{folder.resolve()}"
    tiny_pe_audio(tmp_path / "frames")
    assert choose_sound("pe-audio:frames") == f"pe-audio:{tmp_path.resolve()}/frames"


def test_a_broken_checkpoint_cannot_be_chosen(tmp_path):
    with pytest.raises(HearsightError, match="the checkpoint is broken, choose another"):
        choose_sound(f"clap:{tiny_clap(tmp_path / 'broken', constant=True)}")


@pytest.mark.parametrize(
    "name", ["", ":", "clapp", "none:x", "pe-audio:/no/such", "clap:../x", "clap:a/b/c", "clap:\x00"]
)
def test_an_unknown_name_is_refused(name, cache):
    with pytest.raises(HearsightError, match=";"):
        choose_sound(name)


@pytest.mark.parametrize("name", ["clap", "none", "A", "a/b"])
def test_a_name_must_be_new_and_a_part_of_a_file_name(no_plugins, name):
    with pytest.raises(HearsightError, match="cannot register"):
        hearsight.register_sound_expert(name)(object)


def test_a_plugin_can_register_one(no_plugins):
    @hearsight.register_sound_expert("loudness")
    class Loudness:
        width, fingerprint, sample_rate, window_seconds = 2, "1", 8000, 1.0

        def __init__(self, detail):
            self.name = f"loudness:{detail}"

        def encode_queries(self, texts):
            return np.array([[1, 0] if "loud" in text else [0, 1] for text in texts], np.float32)

        def encode_sounds(self, sounds, device):
            return np.array([[1, 0] if np.abs(sound).mean() > 0.1 else [0, 1] for sound in sounds], np.float32)

    assert choose_sound("loudness:x") == "loudness:x"
    assert load_sound_expert("loudness:x").encode_queries(["loud music"]).sum() == 1


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("name", None), ("width", "2"), ("fingerprint", 1), ("sample_rate", 0), ("window_seconds", 0.0), ("width", 3)],
)
def test_a_mistake_of_a_plugin_is_named(no_plugins, attribute, value):
    @hearsight.register_sound_expert("mistaken")
    class Mistaken:
        name, width, fingerprint, sample_rate, window_seconds = "mistaken", 2, "1", 8000, 1.0

        def __init__(self, detail):
            setattr(self, attribute, value)

        def encode_queries(self, texts):
            return np.zeros((len(texts), 2))

    with pytest.raises(HearsightError, match="correct its plugin"):
        load_sound_expert("mistaken").encode_queries(["a"])
