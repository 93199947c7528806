"""Sounds are within range, vary by their generator, and differ from one another; speech stays above them."""

import numpy as np
import pytest

from hearsight.soundstage.distractors import DISTRACTORS, distractor
from hearsight.soundstage.plans import plan
from hearsight.soundstage.scenes import Scene
from hearsight.soundstage.sounds import EVENTS, sound_event
from hearsight.soundstage.soundtrack import DUCKED, SPEECH_LEVEL, soundtrack, voice_over
from hearsight.soundstage.synthesis import SAMPLE_RATE, levelled


def level(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2) + 1e-12))


@pytest.mark.parametrize("name", [*EVENTS, *DISTRACTORS])
def test_a_sound(name: str) -> None:
    make = sound_event if name in EVENTS else distractor
    sound = make(name, 3.0, np.random.default_rng(0), -20)
    assert sound.dtype == np.float32
    assert sound.shape == (3 * SAMPLE_RATE,)
    assert np.isfinite(sound).all()
    assert -45 < level(sound) < -15
    assert np.array_equal(sound, make(name, 3.0, np.random.default_rng(0), -20))
    assert not np.array_equal(sound, make(name, 3.0, np.random.default_rng(1), -20))


def test_everything_else_is_ducked_while_someone_speaks() -> None:
    rng = np.random.default_rng(0)
    noise = levelled(rng.standard_normal(5 * SAMPLE_RATE), -10)
    voice = np.zeros(2 * SAMPLE_RATE, np.float32)
    mixed = voice_over(noise, voice, start=1.5)
    assert level(mixed[:SAMPLE_RATE]) == pytest.approx(-10, abs=1)
    assert level(mixed[round(1.6 * SAMPLE_RATE) : round(3.4 * SAMPLE_RATE)]) <= SPEECH_LEVEL + DUCKED + 0.5


def test_a_silent_scene_is_silent() -> None:
    scene = Scene(seed=0, icons=(), background="beach", duration=2.0)
    assert not soundtrack(scene).any()


@pytest.mark.usefixtures("flite")
def test_soundtracks_fill_their_scene_without_clipping() -> None:
    for scene in (one.scene for one in plan("train", 12, seed=0)):
        track = soundtrack(scene)
        assert len(track) == round(scene.duration * SAMPLE_RATE)
        assert np.abs(track).max(initial=0) <= 0.96
