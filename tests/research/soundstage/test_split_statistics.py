"""Word errors are counted, and levels are measured on the sounds."""

from dataclasses import replace

import pytest

from hearsight.research.soundstage.scenes import Distraction, Scene, Sound
from hearsight.research.soundstage.split_statistics import distraction_over_event, edit_distance, word_error_rate


@pytest.mark.parametrize(
    ("spoken", "heard", "errors"),
    [("a b c", "a b c", 0), ("a b c", "a x c", 1), ("a b c", "a c", 1), ("a b", "x a b y", 2), ("a b", "", 2)],
)
def test_edit_distance(spoken: str, heard: str, errors: int) -> None:
    assert edit_distance(spoken.split(), heard.split()) == errors


def test_the_error_rate_is_over_all_words_said() -> None:
    rows = [{"id": "one", "spoken": "a b c d"}, {"id": "two", "spoken": "a"}, {"id": "silent", "spoken": None}]
    assert word_error_rate(rows, {"one": "A B C", "two": "", "silent": "words"}) == pytest.approx(2 / 5)


def test_a_louder_distraction_is_measured_as_louder() -> None:
    soft = Scene(1, (), "beach", 4.0, Sound("rain", 0.5, -20), Distraction("pink", -30))
    loud = replace(soft, distraction=Distraction("pink", -12))
    assert distraction_over_event(replace(soft, distraction=None)) is None
    measured = [distraction_over_event(scene) for scene in (soft, loud)]
    assert measured == pytest.approx([-10, 8], abs=3)
    assert measured[1] - measured[0] == pytest.approx(18, abs=0.01)  # type: ignore[operator]
