"""Windows of sound: short sounds are not cut in two, silence has none, and nothing is left out."""

import numpy as np
import pytest

from hearsight.library.indexing.sound_windows import window_starts
from tests.library.sound_experts import noise, tone
from tests.media_files import RATE


def starts(samples, longest=5.0):
    return [start / RATE for start in window_starts(samples, RATE, longest)]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(15, [0, 5, 10]), (5, [0]), (0.2, [0]), (7, [0, 2]), (12.5, [0, 5, 7.5]), (5.01, [0, 0.01])],
)
def test_windows_cover_a_steady_sound(seconds, expected):
    assert starts(noise(seconds, 0.1)) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("background", [0.0, 1e-4, 2e-3, 0.03])
@pytest.mark.parametrize("second", [1.2, 4.0, 7.35, 12.9])
def test_two_seconds_of_barking_in_a_quiet_clip_begin_a_window(second, background):
    samples = noise(15, background)
    first = round(second * RATE)
    samples[first : first + 2 * RATE] += tone(600, 2)
    nearest = min(starts(samples), key=lambda start: abs(start - min(second, 10)))
    assert min(second, 10) - 0.11 <= nearest <= min(second, 10) and len(starts(samples)) <= 4


def test_no_window_is_longer_and_none_leaves_out_what_is_heard():
    random = np.random.default_rng(0)
    for _ in range(50):
        samples = noise(random.uniform(0.05, 16), 0.01, seed=int(random.integers(99)))
        first = int(random.integers(len(samples)))
        samples[first:] *= random.choice([1, 30])
        chosen = window_starts(samples, RATE, 5.0)
        heard = np.zeros(len(samples), bool)
        for start in chosen:
            heard[start : start + 5 * RATE] = True
        assert heard.all() and chosen == sorted(set(chosen)) and len(chosen) <= 5


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(15 * RATE), noise(15, 1e-4)], ids=["none", "zeros", "hiss"])
def test_silence_has_no_window(samples):
    assert starts(samples.astype(np.float32)) == []


def test_silence_beside_a_sound_has_none_either():
    samples = np.zeros(15 * RATE, np.float32)
    samples[7 * RATE : 8 * RATE] = tone(600, 1)
    assert [start for start in starts(samples) if not start - 0.2 <= 7 < start + 5] == []
