"""Sounds for tests of speech: 16 kHz mono float32."""

import shutil
import subprocess
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from hearsight.media.audio import read_audio

RATE = 16_000
CLIPS = resources.files("hearsight") / "demo" / "clips"


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def noise(seconds: float, loudness: float = 0.1, pink: bool = False) -> np.ndarray:
    spectrum = np.fft.rfft(np.random.default_rng(0).standard_normal(round(seconds * RATE)))
    if pink:
        spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    sound = np.fft.irfft(spectrum)
    return (loudness * sound / sound.std()).astype(np.float32)


def music(seconds: float, notes: tuple[float, ...] = (1.0,), length: float = 0.25) -> np.ndarray:
    """Plucked notes up and down a chord; several `notes` (as multiples of each) sound together."""
    time = np.arange(round(seconds * RATE)) / RATE
    steps = np.array([220.0, 261.6, 329.6, 440.0, 523.25, 440.0, 329.6, 261.6])
    pitch = steps[(time // length).astype(int) % len(steps)]
    phase = 2 * np.pi * (time % length)
    sound = sum(np.sin(phase * pitch * note * harmonic) / harmonic for note in notes for harmonic in (1, 2, 3))
    return (0.2 * np.exp(-4 * (time % length)) * sound / len(notes)).astype(np.float32)


def siren(seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    phase = 2 * np.pi * np.cumsum(700 + 400 * np.sin(np.pi * time)) / RATE
    return (0.2 * (np.sin(phase) + 0.4 * np.sin(2 * phase))).astype(np.float32)


def bell(seconds: float) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    partials = ((1.0, 1.0), (2.0, 2.0), (2.76, 3.0), (5.4, 4.0))
    rung = sum(np.exp(-decay * (time % 2)) * np.sin(2 * np.pi * 600 * part * time) for part, decay in partials)
    return (0.1 * rung).astype(np.float32)


NOT_SPEECH = {
    "silence": silence(4),
    "white noise": noise(4),
    "faint noise": noise(4, loudness=1e-3),
    "pink noise": noise(4, pink=True),
    "arpeggio": music(6),
    "chords": music(6, notes=(1.0, 1.26, 1.5, 2.0), length=1.0),
    "music in noise": music(6) + noise(6, loudness=0.05, pink=True),
    "siren": siren(4),
    "bell": bell(4),
}


def sound_of(path: Path) -> np.ndarray:
    return np.concatenate(list(read_audio(path)))


def spoken_sentences() -> np.ndarray:
    """Two sentences with a pause between them: the sound of bundled clips in which nothing else is heard."""
    return np.concatenate([sound_of(CLIPS / f"demo-{number:05}.mp4") for number in (28, 29)])


def say(folder: Path, text: str, voice: str = "rms") -> np.ndarray:
    """Return the text spoken by flite; skips the test where flite is not installed."""
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed")
    spoken = folder / "spoken.wav"
    subprocess.run(["flite", "-voice", voice, "-t", text, "-o", spoken], check=True)
    return sound_of(spoken)


def blocks(sound: np.ndarray, size: int = 16_000) -> Iterator[np.ndarray]:
    return (sound[start : start + size] for start in range(0, len(sound), size))
