"""Building blocks of generated sounds and music. Everything is mono at 16 kHz."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

SAMPLE_RATE = 16000

Samples = NDArray[np.float64]


def sample_times(seconds: float) -> Samples:
    """Return the time of each sample, in seconds."""
    return np.arange(max(1, round(seconds * SAMPLE_RATE))) / SAMPLE_RATE


def tone(frequency: Samples, partials: Iterable[tuple[float, float]] = ((1, 1),)) -> Samples:
    """Return a tone that follows a frequency in Hz, one for each sample. Partials are (multiple, amplitude)."""
    phase = 2 * np.pi * np.cumsum(frequency) / SAMPLE_RATE
    sound = np.zeros(len(frequency))
    for multiple, amplitude in partials:
        sound += amplitude * np.sin(multiple * phase) * (multiple * frequency < SAMPLE_RATE / 2)
    return sound


def saw_partials(count: int, tilt: float = 1.0) -> list[tuple[float, float]]:
    """Return the partials of a buzzing tone. A greater tilt sounds darker."""
    return [(k, k**-tilt) for k in range(1, count + 1)]


def fft_size(count: int) -> int:
    """Return the next power of two: a prime length would make a Fourier transform ten times slower."""
    return 1 << (count - 1).bit_length()


def band_noise(rng: Generator, count: int, low: float = 20, high: float = 8000, tilt: float = 0) -> Samples:
    """Return noise between two frequencies with soft edges, falling by tilt * 6 dB per octave; RMS 1."""
    size = fft_size(count)
    spectrum = np.fft.rfft(rng.standard_normal(size))
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), 1)
    spectrum *= frequency**-tilt / np.sqrt((1 + (low / frequency) ** 6) * (1 + (frequency / high) ** 6))
    noise: Samples = np.fft.irfft(spectrum, size)[:count]
    return noise / (float(np.sqrt(np.mean(noise**2))) + 1e-9)


def formants(sound: Samples, peaks: Iterable[tuple[float, float, float]]) -> Samples:
    """Filter a sound by resonances, each (frequency, bandwidth, gain), as a mouth shapes a voice."""
    size = fft_size(len(sound))
    spectrum = np.fft.rfft(sound, size)
    frequency = np.fft.rfftfreq(size, 1 / SAMPLE_RATE)
    response = sum(gain / (1 + ((frequency - peak) / width) ** 2) for peak, width, gain in peaks)
    shaped: Samples = np.fft.irfft(spectrum * response, size)[: len(sound)]
    return shaped


def envelope(count: int, attack: float, release: float) -> Samples:
    """Return an envelope of height 1 that rises and falls smoothly within these seconds."""
    t = np.arange(count) / SAMPLE_RATE
    rise = np.clip(t / attack, 0, 1)
    fall = np.clip((t[-1] + 1 / SAMPLE_RATE - t) / release, 0, 1)
    shape: Samples = np.sin(np.pi / 2 * rise) * np.sin(np.pi / 2 * fall)
    return shape


def strike(seconds: float, base: float, partials: Iterable[tuple[float, float]], decay: float) -> Samples:
    """Return the sound of one hit: partials that decay in about `decay` seconds, high ones sooner."""
    t = sample_times(seconds)
    sound = np.zeros(len(t))
    for multiple, amplitude in partials:
        sound += amplitude * np.exp(-t * multiple**0.7 / decay) * np.sin(2 * np.pi * base * multiple * t)
    return sound * np.clip(t / 0.002, 0, 1)


def overlay(seconds: float, times: Iterable[float], make: Callable[[], Samples]) -> Samples:
    """Return a track with a new sound from `make` at each of the times, cut at the end."""
    track = np.zeros(len(sample_times(seconds)))
    for time in times:
        mix(track, make(), time)
    return track


def mix(track: Samples, sound: Samples, start: float) -> None:
    """Add a sound to the track from `start` seconds on, cut at the end."""
    first = round(start * SAMPLE_RATE)
    part = track[first : first + len(sound)]
    part += sound[: len(part)]


def jittered_times(seconds: float, gap: float, rng: Generator, jitter: float = 0.03) -> Samples:
    """Return times that are `gap` seconds apart, each a little early or late."""
    times = np.arange(0.02, seconds, gap)
    return np.clip(times + rng.normal(0, jitter * gap, len(times)), 0, None)


def set_level(sound: Samples, decibels: float) -> Samples:
    """Return the sound as float32, scaled so that its louder moments (RMS over 50 ms) have this level in dBFS."""
    block = SAMPLE_RATE // 20
    blocks = sound[: len(sound) // block * block].reshape(-1, block) if len(sound) >= block else sound[None]
    loud_rms = float(np.percentile(np.sqrt(np.mean(blocks**2, axis=1)), 90))
    return (sound * (10 ** (decibels / 20) / max(loud_rms, 1e-6))).astype(np.float32)
