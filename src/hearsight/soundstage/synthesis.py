"""The few building blocks that sounds and music are made of; everything is mono at 16 kHz."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.random import Generator

SAMPLE_RATE = 16000


def clock(seconds: float) -> np.ndarray:
    """The time of each sample, in seconds."""
    return np.arange(max(1, round(seconds * SAMPLE_RATE))) / SAMPLE_RATE


def tone(frequency: np.ndarray, partials: Iterable[tuple[float, float]] = ((1, 1),)) -> np.ndarray:
    """A tone that follows a frequency in Hz given for each sample; partials are (multiple, amplitude)."""
    phase = 2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE
    sound = np.zeros(len(frequency))
    for multiple, amplitude in partials:
        sound += amplitude * np.sin(multiple * phase) * (multiple * frequency < SAMPLE_RATE / 2)
    return sound


def saw(count: int, tilt: float = 1.0) -> list[tuple[float, float]]:
    """The partials of a buzzing tone; a greater tilt is darker."""
    return [(k, k**-tilt) for k in range(1, count + 1)]


def hiss(rng: Generator, count: int, low: float = 20, high: float = 8000, tilt: float = 0) -> np.ndarray:
    """Noise between two frequencies with soft edges, falling by tilt * 6 dB an octave; RMS 1."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.maximum(np.fft.rfftfreq(count, 1 / SAMPLE_RATE), 1)
    spectrum *= frequency**-tilt / np.sqrt((1 + (low / frequency) ** 6) * (1 + (frequency / high) ** 6))
    noise = np.fft.irfft(spectrum, count)
    return noise / (np.sqrt(np.mean(noise**2)) + 1e-9)


def formants(sound: np.ndarray, peaks: Iterable[tuple[float, float, float]]) -> np.ndarray:
    """The sound through resonances, each (frequency, bandwidth, gain), as a mouth shapes a voice."""
    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    response = sum(gain / (1 + ((frequency - peak) / width) ** 2) for peak, width, gain in peaks)
    return np.fft.irfft(spectrum * response, len(sound))


def hump(count: int, attack: float, release: float) -> np.ndarray:
    """An envelope of 1 that rises and falls smoothly, both given in seconds."""
    t = np.arange(count) / SAMPLE_RATE
    rise = np.clip(t / attack, 0, 1)
    fall = np.clip((t[-1] + 1 / SAMPLE_RATE - t) / release, 0, 1)
    return np.sin(np.pi / 2 * rise) * np.sin(np.pi / 2 * fall)


def struck(seconds: float, base: float, partials: Iterable[tuple[float, float]], decay: float) -> np.ndarray:
    """Something hit once: partials that die away within about decay seconds, the higher the sooner."""
    t = clock(seconds)
    sound = sum(a * np.exp(-t * m**0.7 / decay) * np.sin(2 * np.pi * base * m * t) for m, a in partials)
    return np.asarray(sound) * np.clip(t / 0.002, 0, 1)


def overlay(seconds: float, times: Iterable[float], make: Callable[[], np.ndarray]) -> np.ndarray:
    """A new sound from make at each of the times, cut at the end."""
    track = np.zeros(len(clock(seconds)))
    for time in times:
        start = round(time * SAMPLE_RATE)
        if start < len(track):
            sound = make()[: len(track) - start]
            track[start : start + len(sound)] += sound
    return track


def beats(seconds: float, gap: float, rng: Generator, jitter: float = 0.03) -> np.ndarray:
    """Times a gap apart, each a little early or late."""
    times = np.arange(0.02, seconds, gap)
    return np.clip(times + rng.normal(0, jitter * gap, len(times)), 0, None)


def levelled(sound: np.ndarray, decibels: float) -> np.ndarray:
    """The sound as float32, so loud that its louder moments (RMS over 50 ms) are at the level in dB of full scale."""
    block = SAMPLE_RATE // 20
    blocks = sound[: len(sound) // block * block].reshape(-1, block) if len(sound) >= block else sound[None]
    loud = float(np.percentile(np.sqrt(np.mean(blocks**2, axis=1)), 90))
    return (sound * (10 ** (decibels / 20) / max(loud, 1e-6))).astype(np.float32)
