import sys
from itertools import pairwise

import numpy as np
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.speech import load_recogniser
from tests.speech.sounds import say, silence


@pytest.fixture(scope="module")
def recogniser():
    return load_recogniser("pocketsphinx")


def test_none_is_none():
    assert load_recogniser("none") is None


@pytest.mark.parametrize("name", ["pocketphinx", "", "/etc"])
def test_an_unknown_name_is_refused_with_the_list_of_names(name):
    with pytest.raises(HearsightError, match=f"unknown recogniser '{name}'.*choose one of auto, none, pocketsphinx"):
        load_recogniser(name)


def test_recognisers_without_variants_take_no_detail():
    for name in ("none:small", "auto:small", "pocketsphinx:small"):
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


def test_auto_never_downloads():
    assert load_recogniser("auto").name.startswith(("pocketsphinx", "whisper:"))


def test_without_the_extra_whisper_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(HearsightError, match=r"pip install 'hearsight\[whisper\]'"):
        load_recogniser("whisper")
    assert load_recogniser("auto").name == "pocketsphinx"


@pytest.mark.parametrize("voice", ["rms", "kal16"])
def test_a_sentence_whatever_its_loudness(tmp_path, recogniser, capfd, voice):
    spoken = np.concatenate([silence(0.3), say(tmp_path, "the teacher found an old map under the table", voice)])
    for gain in (1.0, 0.01):
        words = recogniser.transcribe(spoken * gain).words
        assert {"teacher", "found", "old", "table"} <= {word.text for word in words}
        assert all(before.end <= after.start + 1e-6 for before, after in pairwise(words))
        assert words[0].start > 0.2
        assert words[-1].end <= len(spoken) / 16_000
    assert capfd.readouterr() == ("", "")


def test_the_same_again_whatever_came_before(tmp_path, recogniser):
    first = say(tmp_path, "please close the window before it starts to rain")
    second = say(tmp_path, "the pilot forgot his green umbrella in the garden", "slt")
    heard = recogniser.transcribe(first)
    recogniser.transcribe(second)
    assert recogniser.transcribe(first) == heard


@pytest.mark.parametrize("samples", [silence(0), silence(0.001), silence(1), np.full(100, 0.5, np.float32)])
def test_next_to_nothing(recogniser, samples):
    assert recogniser.transcribe(samples).words == ()
