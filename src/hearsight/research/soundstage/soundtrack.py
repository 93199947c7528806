"""What a clip sounds like: event, distraction and speech mixed, the speech above all else."""

from __future__ import annotations

import numpy as np

from hearsight.research.soundstage.distractors import distractor
from hearsight.research.soundstage.scenes import Scene
from hearsight.research.soundstage.sounds import sound_event
from hearsight.research.soundstage.synthesis import SAMPLE_RATE, clock, levelled
from hearsight.research.soundstage.voices import speak

SPEECH_LEVEL = -18.0
HOLD, RAMP = 0.35, 0.25  # seconds before and after the speech that stay soft, and that the change takes


def soundtrack(scene: Scene) -> np.ndarray:
    """The scene's sound: float32 mono at 16 kHz, as long as the scene, peaks within full scale.

    Raises HearsightError where the scene has speech and flite is missing.
    """
    event, distraction = event_and_distraction(scene)
    track = event + distraction
    if scene.speech:
        said = scene.speech
        voice = levelled(speak(said.sentence.text, said.voice, said.stretch), SPEECH_LEVEL)
        track = voice_over(track, voice, said.start, said.fade)
    return np.asarray(track / max(1.0, float(np.abs(track).max()) / 0.95), np.float32)


def event_and_distraction(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """The two layers under the speech, float32 and as long as the scene; silence where the scene has none."""
    event, distraction = np.zeros((2, len(clock(scene.duration))), np.float32)
    if scene.sound:
        start = round(scene.sound.start * SAMPLE_RATE)
        left = scene.duration - scene.sound.start
        made = sound_event(scene.sound.name, left, scene.generator("sound"), scene.sound.level)
        event[start:] = made[: len(event) - start]
    if scene.distraction:
        rng = scene.generator("distraction")
        distraction[:] = distractor(scene.distraction.name, scene.duration, rng, scene.distraction.level)
    return event, distraction


def voice_over(track: np.ndarray, voice: np.ndarray, start: float, fade: float) -> np.ndarray:
    """The track with a voice from start seconds on. While it speaks, all else is faded to this many dB against it, as
    broadcasters do it.
    """
    first = round(start * SAMPLE_RATE)
    voice = voice[: len(track) - first]
    under = track[max(0, first - round(HOLD * SAMPLE_RATE)) : first + len(voice) + round(HOLD * SAMPLE_RATE)]
    block = under[: len(under) // 800 * 800].reshape(-1, 800)
    loudest = np.sqrt(np.mean(block**2, axis=1)).max(initial=1e-6)
    gain = min(1.0, 10 ** ((SPEECH_LEVEL + fade) / 20) / float(loudest))
    time = clock(len(track) / SAMPLE_RATE)
    end = start + len(voice) / SAMPLE_RATE
    away = np.maximum(start - time, time - end) - HOLD  # seconds outside the soft stretch; negative within
    mixed = track * np.clip(gain + (1 - gain) * away / RAMP, gain, 1)
    mixed[first : first + len(voice)] += voice
    return np.asarray(mixed, np.float32)
