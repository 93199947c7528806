"""Mixes the sound of a clip from its event, its distraction and its speech, with the speech above all else."""

from __future__ import annotations

import numpy as np

from hearsight.research.soundstage.background_sounds import distractor
from hearsight.research.soundstage.scenes import Scene
from hearsight.research.soundstage.sound_events import sound_event
from hearsight.research.soundstage.synthesis import SAMPLE_RATE, sample_times, set_level
from hearsight.research.soundstage.text_to_speech import speak

SPEECH_LEVEL = -18.0
HOLD, RAMP = 0.35, 0.25  # seconds that stay soft before and after the speech, and seconds that the fade takes


def soundtrack(scene: Scene) -> np.ndarray:
    """Return the scene's sound: float32 mono at 16 kHz, as long as the scene, with peaks within full scale.

    Raises HearsightError if the scene has speech and flite is missing.
    """
    event, distraction = event_and_distraction(scene)
    track = event + distraction
    if scene.speech:
        speech = scene.speech
        voice = set_level(speak(speech.sentence.text, speech.voice, speech.stretch), SPEECH_LEVEL)
        track = voice_over(track, voice, speech.start, speech.fade)
    return np.asarray(track / max(1.0, float(np.abs(track).max()) / 0.95), np.float32)


def event_and_distraction(scene: Scene) -> tuple[np.ndarray, np.ndarray]:
    """Return the two layers under the speech: float32, as long as the scene, silent if the scene has none."""
    event, distraction = np.zeros((2, len(sample_times(scene.duration))), np.float32)
    if scene.sound:
        start = round(scene.sound.start * SAMPLE_RATE)
        seconds = scene.duration - scene.sound.start
        samples = sound_event(scene.sound.name, seconds, scene.generator("sound"), scene.sound.level)
        event[start:] = samples[: len(event) - start]
    if scene.distraction:
        rng = scene.generator("distraction")
        distraction[:] = distractor(scene.distraction.name, scene.duration, rng, scene.distraction.level)
    return event, distraction


def voice_over(track: np.ndarray, voice: np.ndarray, start: float, fade: float) -> np.ndarray:
    """Add a voice to the track from `start` seconds on.

    While it speaks, all else is faded to `fade` dB against it, as broadcasters do.
    """
    first = round(start * SAMPLE_RATE)
    voice = voice[: len(track) - first]
    under = track[max(0, first - round(HOLD * SAMPLE_RATE)) : first + len(voice) + round(HOLD * SAMPLE_RATE)]
    block = under[: len(under) // 800 * 800].reshape(-1, 800)
    loudest = np.sqrt(np.mean(block**2, axis=1)).max(initial=1e-6)
    gain = min(1.0, 10 ** ((SPEECH_LEVEL + fade) / 20) / float(loudest))
    time = sample_times(len(track) / SAMPLE_RATE)
    end = start + len(voice) / SAMPLE_RATE
    distance = np.maximum(start - time, time - end) - HOLD  # seconds outside the soft stretch; negative within
    mixed = track * np.clip(gain + (1 - gain) * distance / RAMP, gain, 1)
    mixed[first : first + len(voice)] += voice
    return np.asarray(mixed, np.float32)
