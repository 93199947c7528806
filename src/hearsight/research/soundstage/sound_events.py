"""Generated sound events. No two are the same, and each kind looks different from the others in a spectrogram."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from hearsight.research.soundstage.synthesis import (
    Samples,
    band_noise,
    envelope,
    formants,
    jittered_times,
    overlay,
    sample_times,
    saw_partials,
    set_level,
    strike,
    tone,
)


def sound_event(name: str, seconds: float, rng: Generator, decibels: float = -20) -> Samples:
    """Make one of EVENTS: float32 mono samples at 16 kHz. The level is in dB of full scale."""
    return set_level(EVENTS[name](seconds, rng), decibels)


def bell(seconds: float, rng: Generator) -> Samples:
    base, gap = rng.uniform(380, 760), rng.uniform(0.8, 1.5)
    partials = [(0.5, 0.5), (1, 1), (1.19, 0.7), (1.5, 0.4), (2, 0.8), (2.51, 0.4), (2.66, 0.3), (4.1, 0.3)]
    return overlay(seconds, jittered_times(seconds, gap, rng), lambda: strike(2.2, base, partials, rng.uniform(0.7, 1)))


def siren(seconds: float, rng: Generator) -> Samples:
    t = sample_times(seconds)
    low, high, period = rng.uniform(500, 700), rng.uniform(1150, 1500), rng.uniform(1.2, 2.6)
    swing = np.sin(2 * np.pi * (t / period + rng.random()))
    if rng.random() < 0.4:  # the two tones of a European fire engine
        swing = np.tanh(20 * swing)
        high = 1.34 * low
    return tone(low + (high - low) * (0.5 + 0.5 * swing), saw_partials(4, 1.4))


def bark(seconds: float, rng: Generator) -> Samples:
    base = rng.uniform(260, 460)

    def single_bark() -> Samples:
        t = sample_times(rng.uniform(0.14, 0.2))
        voice = tone(base * (0.8 + 0.9 * np.sin(np.pi * t / t[-1])), saw_partials(14, 0.6)) + 0.8 * band_noise(
            rng, len(t), 400, 4000
        )
        return formants(voice, [(750, 250, 1), (1500, 350, 0.8), (2700, 500, 0.3)]) * envelope(len(t), 0.012, 0.09)

    times = [
        start + 0.27 * n
        for start in jittered_times(seconds, rng.uniform(1.0, 1.4), rng, 0.08)
        for n in range(rng.integers(1, 4))
    ]
    return overlay(seconds, times, single_bark)


def meow(seconds: float, rng: Generator) -> Samples:
    base = rng.uniform(480, 680)

    def single_meow() -> Samples:
        t = sample_times(rng.uniform(0.65, 0.95))
        s: Samples = t / t[-1]
        voice = tone(base * (0.85 + 0.45 * np.sin(np.pi * s**0.7)), saw_partials(9, 0.8))
        front = formants(voice, [(2400, 350, 1), (700, 200, 0.4)])
        back = formants(voice, [(1000, 250, 1.2), (600, 200, 0.6)])
        return envelope(len(t), 0.12, 0.3) * ((1 - s) * front + s * back)

    return overlay(seconds, jittered_times(seconds, rng.uniform(1.3, 1.7), rng, 0.06), single_meow)


def rain(seconds: float, rng: Generator) -> Samples:
    drops = overlay(
        seconds,
        np.sort(rng.uniform(0, seconds, int(rng.uniform(60, 110) * seconds))),
        lambda: rng.exponential(1) * strike(0.03, rng.uniform(1500, 5500), [(1, 1)], 0.006),
    )
    return band_noise(rng, len(drops), rng.uniform(1200, 2000), 7600) * 0.35 + drops


def drum(seconds: float, rng: Generator) -> Samples:
    beat = 60 / rng.uniform(95, 150)

    def kick() -> Samples:
        t = sample_times(0.3)
        return 1.4 * tone(48 + 130 * np.exp(-t / 0.03)) * np.exp(-t / 0.1)

    def snare() -> Samples:
        t = sample_times(0.2)
        return (0.5 * band_noise(rng, len(t), 1200, 7000) + 0.6 * tone(np.full(len(t), 190.0))) * np.exp(-t / 0.05)

    low = overlay(seconds, np.arange(0.02, seconds, beat), kick)
    high = overlay(seconds, np.arange(0.02 + beat / 2, seconds, beat), snare)
    roll = overlay(seconds, np.arange(0.02 + 0.75 * beat, seconds, 2 * beat), lambda: 0.5 * snare())
    return low + high + roll


def engine(seconds: float, rng: Generator) -> Samples:
    t = sample_times(seconds)
    revs = rng.uniform(26, 44) * (1 + 0.35 * np.sin(2 * np.pi * (t / rng.uniform(2.5, 5) + rng.random())))
    firing = tone(revs, saw_partials(26, 0.55)) * (1 + 0.5 * tone(revs / 4))
    return formants(firing, [(90, 60, 1), (260, 120, 0.6), (700, 250, 0.15)]) + 0.06 * band_noise(rng, len(t), 100, 900)


def birds(seconds: float, rng: Generator) -> Samples:
    def phrase() -> Samples:
        base, bend, notes = rng.uniform(2800, 4600), rng.uniform(-1400, 1600), rng.integers(2, 7)
        t = sample_times(rng.uniform(0.06, 0.13))
        curve = base + bend * (t / t[-1]) + 300 * np.sin(2 * np.pi * t * rng.uniform(10, 40))
        return np.tile(np.concatenate([tone(curve) * envelope(len(t), 0.015, 0.03), np.zeros(700)]), int(notes))

    return overlay(seconds, jittered_times(seconds, rng.uniform(0.5, 0.8), rng, 0.2), phrase)


def telephone(seconds: float, rng: Generator) -> Samples:
    low, rate, on, off = rng.uniform(1000, 1350), rng.uniform(17, 24), rng.uniform(0.8, 1.2), rng.uniform(0.4, 0.8)

    def ring() -> Samples:
        t = sample_times(on)
        swing = np.sign(np.sin(2 * np.pi * rate * t))
        hammer = 0.35 + 0.65 * np.exp(-((2 * rate * t) % 1) * 2.5)
        return (
            tone(low * (1.125 + 0.125 * swing), [(1, 1), (2.4, 0.5), (3.9, 0.25)])
            * hammer
            * envelope(len(t), 0.01, 0.1)
        )

    return overlay(seconds, np.arange(0.02, seconds, on + off), ring)


def ticking(seconds: float, rng: Generator) -> Samples:
    gap, pitch = rng.uniform(0.24, 0.5), rng.uniform(1500, 2400)
    partials = [(1, 1), (1.7, 0.8), (2.6, 0.5)]
    tick = overlay(seconds, np.arange(0.05, seconds, 2 * gap), lambda: strike(0.06, pitch, partials, 0.012))
    tock = overlay(
        seconds, np.arange(0.05 + gap, seconds, 2 * gap), lambda: strike(0.06, 0.72 * pitch, partials, 0.014)
    )
    return tick + tock


def whistle(seconds: float, rng: Generator) -> Samples:
    pitch, rate = rng.uniform(2500, 3300), rng.uniform(24, 38)

    def blast() -> Samples:
        t = sample_times(rng.choice([0.25, 0.7, 1.0]))
        pea = np.sin(2 * np.pi * rate * t)
        return (
            tone(pitch + 140 * pea, [(1, 1), (2, 0.15)]) * (0.7 + 0.3 * pea) + 0.1 * band_noise(rng, len(t), 2000, 6000)
        ) * envelope(len(t), 0.02, 0.05)

    return overlay(seconds, jittered_times(seconds, rng.uniform(1.1, 1.5), rng), blast)


def applause(seconds: float, rng: Generator) -> Samples:
    def clap() -> Samples:
        t = sample_times(0.02)
        return (
            rng.exponential(1)
            * band_noise(rng, len(t), rng.uniform(600, 1300), rng.uniform(1800, 3200))
            * np.exp(-t / 0.004)
        )

    return overlay(seconds, np.sort(rng.uniform(0, seconds, int(rng.uniform(60, 130) * seconds))), clap)


def knocking(seconds: float, rng: Generator) -> Samples:
    pitch, gap, count = rng.uniform(130, 230), rng.uniform(0.17, 0.26), rng.integers(3, 6)

    def knock() -> Samples:
        t = sample_times(0.12)
        wood = strike(0.12, pitch, [(1, 1), (2.3, 0.7), (4.1, 0.5)], 0.035)
        return wood + 0.5 * band_noise(rng, len(t), 300, 2500) * np.exp(-t / 0.008)

    starts = np.arange(0.05, seconds, gap * count + rng.uniform(0.5, 0.9))
    return overlay(seconds, [start + gap * n for start in starts for n in range(count)], knock)


def thunder(seconds: float, rng: Generator) -> Samples:
    def clap() -> Samples:
        t = sample_times(rng.uniform(2.2, 3.2))
        rolling = np.exp(-t / 0.9) * (0.6 + 0.4 * np.abs(band_noise(rng, len(t), 1, 4)))
        crack = band_noise(rng, len(t), 100, 3000, 0.7) * np.exp(-t / 0.12)
        return (band_noise(rng, len(t), 30, 160, 0.6) * rolling + 0.9 * crack) * envelope(len(t), 0.01, 0.4)

    return overlay(seconds, jittered_times(seconds, rng.uniform(1.9, 2.7), rng, 0.1), clap)


def horn(seconds: float, rng: Generator) -> Samples:
    pitch, ratio = rng.uniform(330, 430), rng.choice([1.2, 1.25, 1.26])

    def honk() -> Samples:
        t = sample_times(rng.choice([0.22, 0.45, 0.8]))
        voices = tone(np.full(len(t), pitch), saw_partials(16, 0.7)) + tone(
            np.full(len(t), pitch * ratio), saw_partials(14, 0.7)
        )
        return voices * envelope(len(t), 0.02, 0.04)

    return overlay(seconds, jittered_times(seconds, rng.uniform(0.9, 1.3), rng, 0.08), honk)


def waves(seconds: float, rng: Generator) -> Samples:
    t = sample_times(seconds)
    swell = (0.5 + 0.5 * np.sin(2 * np.pi * (t / rng.uniform(2.2, 3.4) + rng.random()))) ** 2
    deep = band_noise(rng, len(t), 80, 500, 0.3) * (0.25 + 0.75 * swell)
    return deep + band_noise(rng, len(t), 500, 4500, 0.5) * np.roll(swell, 4000) ** 2


def bubbles(seconds: float, rng: Generator) -> Samples:
    def blip() -> Samples:
        t = sample_times(rng.uniform(0.04, 0.11))
        start = rng.uniform(300, 700)
        return tone(start * (1 + rng.uniform(0.8, 1.8) * t / t[-1])) * envelope(len(t), 0.008, 0.03)

    return overlay(seconds, np.cumsum(rng.exponential(1 / rng.uniform(7, 11), int(14 * seconds))), blip)


def sawing(seconds: float, rng: Generator) -> Samples:
    stroke, forward = rng.uniform(0.3, 0.42), True

    def pull() -> Samples:
        nonlocal forward
        forward = not forward
        t = sample_times(0.8 * stroke)
        teeth: Samples = 1 + 0.8 * np.sin(2 * np.pi * (70 + 50 * t / t[-1]) * t)
        return (
            band_noise(rng, len(t), *((700, 2200) if forward else (1500, 4200))) * teeth * envelope(len(t), 0.06, 0.08)
        )

    return overlay(seconds, np.arange(0.02, seconds, stroke), pull)


EVENTS: dict[str, Callable[[float, Generator], Samples]] = {
    maker.__name__: maker
    for maker in (
        bell,
        siren,
        bark,
        meow,
        rain,
        drum,
        engine,
        birds,
        telephone,
        ticking,
        whistle,
        applause,
        knocking,
        thunder,
        horn,
        waves,
        bubbles,
        sawing,
    )
}
