"""Sounds have the right level and length and vary with their generator; speech is louder than all else."""

import numpy as np
import pytest

from hearsight.research.soundstage.background_sounds import DISTRACTORS, distractor
from hearsight.research.soundstage.clip_plans import plan_clips
from hearsight.research.soundstage.scenes import FADES, Scene
from hearsight.research.soundstage.sound_events import EVENTS, sound_event
from hearsight.research.soundstage.soundtrack import SPEECH_LEVEL, event_and_distraction, soundtrack, voice_over
from hearsight.research.soundstage.synthesis import SAMPLE_RATE, set_level


def level(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2) + 1e-12))


@pytest.mark.parametrize("name", [*EVENTS, *DISTRACTORS])
def test_sounds_have_their_level_and_length(name: str) -> None:
    make = sound_event if name in EVENTS else distractor
    sound = make(name, 3.0, np.random.default_rng(0), -20)
    assert sound.dtype == np.float32
    assert sound.shape == (3 * SAMPLE_RATE,)
    assert np.isfinite(sound).all()
    assert -45 < level(sound) < -15
    assert np.array_equal(sound, make(name, 3.0, np.random.default_rng(0), -20))
    assert not np.array_equal(sound, make(name, 3.0, np.random.default_rng(1), -20))


@pytest.mark.parametrize("fade", FADES)
def test_other_sound_is_faded_while_someone_speaks(fade: float) -> None:
    rng = np.random.default_rng(0)
    noise = set_level(rng.standard_normal(5 * SAMPLE_RATE), -10)
    voice = np.zeros(2 * SAMPLE_RATE, np.float32)
    mixed = voice_over(noise, voice, start=1.5, fade=fade)
    assert level(mixed[:SAMPLE_RATE]) == pytest.approx(-10, abs=1)
    under = level(mixed[round(1.6 * SAMPLE_RATE) : round(3.4 * SAMPLE_RATE)])
    assert under == pytest.approx(SPEECH_LEVEL + fade, abs=1)


def test_the_sounds_have_the_planned_levels() -> None:
    scenes = [clip.scene for clip in plan_clips("train", 80, seed=0) if clip.scene.sound and clip.scene.distraction]
    planned, measured = [], []
    for scene in scenes[:20]:
        assert scene.sound and scene.distraction
        event, distraction = event_and_distraction(scene)
        planned.append(scene.distraction.level - scene.sound.level)
        measured.append(level(distraction) - level(event))
    assert np.corrcoef(planned, measured)[0, 1] > 0.9
    assert min(measured) < 0 < max(measured)


def test_a_silent_scene_is_silent() -> None:
    scene = Scene(seed=0, icons=(), background="beach", duration=2.0)
    assert not soundtrack(scene).any()


@pytest.mark.usefixtures("flite")
def test_soundtracks_fill_their_scene_without_clipping() -> None:
    for scene in (clip.scene for clip in plan_clips("train", 12, seed=0)):
        track = soundtrack(scene)
        assert len(track) == round(scene.duration * SAMPLE_RATE)
        assert np.abs(track).max(initial=0) <= 0.96
