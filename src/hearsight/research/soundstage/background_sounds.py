"""Generated music and noise that captions never mention."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from hearsight.research.soundstage.synthesis import (
    Samples,
    band_noise,
    envelope,
    formants,
    mix,
    overlay,
    sample_times,
    saw_partials,
    set_level,
    tone,
)

DISTRACTORS = ("chords", "arpeggio", "melody", "white", "pink", "brown", "hum", "babble")
MUSIC = DISTRACTORS[:3]

PROGRESSIONS = ((0, 7, 9, 5), (0, 9, 5, 7), (9, 5, 0, 7), (0, 5, 7, 5), (2, 7, 0, 9))
TIMBRES: tuple[list[tuple[float, float]], ...] = (
    [(1, 1.0), (2, 0.3)],
    [(1, 1.0), (3, 0.35), (5, 0.18), (7, 0.08)],
    [(1, 1.0), (2, 0.6), (3, 0.5), (4, 0.3), (5, 0.2)],
)


def distractor(name: str, seconds: float, rng: Generator, decibels: float = -20) -> Samples:
    """Make one of DISTRACTORS: float32 mono samples at 16 kHz. The level is in dB of full scale."""
    sound = music(name, seconds, rng) if name in MUSIC else noise(name, seconds, rng)
    return set_level(sound, decibels)


def music(style: str, seconds: float, rng: Generator) -> Samples:
    """Repeat four chords: held, broken into single notes, or with a tune over them."""
    key, bar = rng.integers(45, 57), 4 * 60 / rng.uniform(84, 150)
    roots = PROGRESSIONS[rng.integers(len(PROGRESSIONS))]
    timbre = TIMBRES[rng.integers(len(TIMBRES))]
    track = np.zeros(len(sample_times(seconds)))
    for number, start in enumerate(np.arange(0, seconds, bar)):
        root = key + roots[number % len(roots)]
        chord = [root, root + (3 if roots[number % len(roots)] in (2, 9) else 4), root + 7, root + 12]
        if style == "arpeggio":
            order = rng.permutation(4)
            notes = [(chord[order[step % 4]] + 12, start + step * bar / 8, bar / 7, 0.8) for step in range(8)]
        else:
            notes = [(pitch, start, bar, 0.35) for pitch in chord]
        if style == "melody":
            steps = rng.choice([0, 2, 4, 7, 9, 12], 4)
            notes += [(key + 12 + step, start + beat * bar / 4, bar / 4, 1.0) for beat, step in enumerate(steps)]
        for pitch, time, length, loudness in notes:
            mix(track, loudness * note(pitch, length, timbre), time)
    return track


def note(pitch: float, seconds: float, timbre: list[tuple[float, float]]) -> Samples:
    """Make one note. The pitch is a MIDI number (69 is 440 Hz)."""
    t = sample_times(seconds)
    sound = tone(np.full(len(t), 440 * 2 ** ((pitch - 69) / 12)), timbre)
    return sound * np.exp(-1.2 * t / seconds) * envelope(len(t), 0.015, 0.06)


def noise(kind: str, seconds: float, rng: Generator) -> Samples:
    """Make white, pink or brown noise, mains hum, or the babble of a crowd without words."""
    count = len(sample_times(seconds))
    if kind == "hum":
        mains = rng.choice([50.0, 60.0])
        return tone(np.full(count, mains), [(1, 1), (2, 0.8), (3, 0.3), (4, 0.3), (6, 0.15)])
    if kind == "babble":
        return murmur(seconds, rng) + murmur(seconds, rng) + murmur(seconds, rng) + murmur(seconds, rng)
    return band_noise(rng, count, 30, 7600, {"white": 0, "pink": 0.5, "brown": 1}[kind])


def murmur(seconds: float, rng: Generator) -> Samples:
    """Make one voice of a crowd: syllables of random vowels."""
    base = rng.uniform(95, 230)

    def syllable() -> Samples:
        t = sample_times(rng.uniform(0.1, 0.24))
        voice = tone(base * rng.uniform(0.85, 1.2) * (1 - 0.4 * t), saw_partials(18, 0.9))
        vowel = [(rng.uniform(300, 750), 90, 1), (rng.uniform(900, 2100), 130, 0.5), (2600, 250, 0.15)]
        return rng.uniform(0.4, 1) * formants(voice, vowel) * envelope(len(t), 0.03, 0.06)

    return overlay(seconds, np.cumsum(rng.uniform(0.14, 0.32, int(7 * seconds))), syllable)
