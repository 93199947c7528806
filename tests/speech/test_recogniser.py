"""Loading recognisers by name, and recognising with pocketsphinx."""

from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.speech import load, load_recogniser, moonshine, whisper
from hearsight.speech.load import recogniser_source, recorded_or_auto
from tests.speech.sounds import say, silence


@pytest.fixture(scope="module")
def recogniser():
    pytest.importorskip("pocketsphinx", reason="the extra hearsight[pocketsphinx] is not installed")
    return load_recogniser("pocketsphinx")


@pytest.fixture
def without(monkeypatch):
    """A function after which these packages are not installed."""

    def uninstall(*packages):
        for module in (load, moonshine, whisper):
            monkeypatch.setattr(module, "find_spec", lambda name: None if name in packages else find_spec(name))

    return uninstall


def test_no_recogniser_is_loaded_for_none():
    assert load_recogniser("none") is None


@pytest.mark.parametrize("name", ["pocketphinx", "", "/etc"])
def test_an_unknown_name_is_refused_with_the_list_of_names(name):
    with pytest.raises(
        HearsightError, match=f"unknown recogniser '{name}'.*choose one of auto, moonshine, none, pocketsphinx"
    ):
        load_recogniser(name)


def test_recognisers_without_variants_take_no_detail():
    for name in ("none:small", "auto:small", "moonshine:small", "pocketsphinx:small"):
        with pytest.raises(HearsightError, match=f"no recogniser '{name}'.*has no variants"):
            load_recogniser(name)


def test_a_registered_recogniser_gets_the_text_behind_the_colon(no_plugins):

    @hearsight.register_recogniser("parrot")
    class Parrot:
        def __init__(self, detail):
            self.name = f"parrot:{detail}" if detail else "parrot"

    assert [load_recogniser(name).name for name in ("parrot", "parrot:a:b")] == ["parrot", "parrot:a:b"]
    for name in ("whisper", "a:b", ""):
        with pytest.raises(HearsightError, match=f"cannot register the recogniser '{name}'"):
            hearsight.register_recogniser(name)(Parrot)


def test_a_variant_of_a_recogniser_is_not_replaced_by_it_in_another_process():
    class Variant:
        name = "moonshine"

    assert recogniser_source(Variant()) is None
    if find_spec("moonshine_voice"):
        assert recogniser_source(load_recogniser("moonshine")) is not None


def test_auto_never_downloads():
    assert load_recogniser("auto").name.startswith(("moonshine", "whisper:"))


def test_auto_prefers_a_whisper_that_is_here_then_moonshine_then_pocketsphinx(monkeypatch, without):
    monkeypatch.setattr(whisper, "cached_model", lambda: "tiny")
    monkeypatch.setattr(whisper, "WhisperRecogniser", lambda model: f"whisper:{model}")
    assert load_recogniser("auto") == "whisper:tiny"
    monkeypatch.setattr(whisper, "cached_model", lambda: None)
    assert load_recogniser("auto").name == "moonshine"
    without("moonshine_voice")
    assert load_recogniser("auto").name == "pocketsphinx"
    without("moonshine_voice", "pocketsphinx")
    with pytest.raises(HearsightError, match="pip install 'moonshine-voice"):
        load_recogniser("auto")


def test_whisper_without_the_extra_tells_how_to_install_it(without):
    without("faster_whisper")
    with pytest.raises(HearsightError, match=r"pip install 'hearsight\[whisper\]'"):
        load_recogniser("whisper")
    assert load_recogniser("auto").name == "moonshine"


def test_pocketsphinx_without_the_extra_tells_how_to_install_it(without):
    assert recorded_or_auto("pocketsphinx") == "pocketsphinx"
    without("pocketsphinx")
    with pytest.raises(HearsightError, match=r"use the recogniser moonshine, or run .*'hearsight\[pocketsphinx\]'"):
        load_recogniser("pocketsphinx")
    assert recorded_or_auto("pocketsphinx") == recorded_or_auto(None) == "auto"
    assert recorded_or_auto("whisper") == "whisper"


@pytest.mark.parametrize("voice", ["rms", "kal16"])
def test_a_sentence_is_recognised_loud_and_faint(tmp_path, recogniser, capfd, voice):
    spoken = np.concatenate([silence(0.3), say(tmp_path, "the teacher found an old map under the table", voice)])
    for gain in (1.0, 0.01):
        words = recogniser.transcribe(spoken * gain).words
        assert {"teacher", "found", "old", "table"} <= {word.text for word in words}
        assert all(before.end <= after.start + 1e-6 for before, after in pairwise(words))
        assert words[0].start > 0.2
        assert words[-1].end <= len(spoken) / 16_000
    assert capfd.readouterr() == ("", "")


def test_words_do_not_depend_on_earlier_speech(tmp_path, recogniser):
    first = say(tmp_path, "please close the window before it starts to rain")
    second = say(tmp_path, "the pilot forgot his green umbrella in the garden", "slt")
    recognised = recogniser.transcribe(first)
    recogniser.transcribe(second)
    assert recogniser.transcribe(first) == recognised


@pytest.mark.parametrize("samples", [silence(0), silence(0.001), silence(1), np.full(100, 0.5, np.float32)])
def test_very_short_sounds_have_no_words(recogniser, samples):
    assert recogniser.transcribe(samples).words == ()
