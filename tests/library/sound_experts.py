"""A sound expert for tests, which tells high from low, and films with the sounds that it tells apart."""

from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

import hearsight
from hearsight.experts.sound_registry import SOUND_EXPERTS, load_sound_expert
from tests.media_files import RATE, make_media

WIDTH = 16  # bands of 125 Hz
PITCHES = {"bark": 200, "bell": 1700, "siren": 900}  # Hz


class Pitches:
    """Compares words of PITCHES with the loudest frequencies of a sound; other texts are near to nothing."""

    width, sample_rate, window_seconds, fingerprint = WIDTH, 4000, 5.0, "0123456789ab"

    def __init__(self, detail: str = "") -> None:
        self.name = f"pitches:{detail}"

    def encode_queries(self, texts):
        return np.stack([self._encode_query(text) for text in texts]).astype(np.float32)

    def _encode_query(self, text):
        draw = np.random.default_rng(crc32(text.encode("utf-8", "surrogatepass"))).normal(size=WIDTH)
        named = [self._band(pitch) for word, pitch in PITCHES.items() if word in text]
        vector = np.eye(WIDTH)[named[0]] if named else 0.3 * draw / np.linalg.norm(draw)
        return vector / max(np.linalg.norm(vector), 1e-6) if named else vector

    def encode_sounds(self, sounds, device):
        return np.stack([self._encode_sound(sound) for sound in sounds]).astype(np.float32)

    def _encode_sound(self, sound):
        assert 0 < len(sound) <= self.window_seconds * self.sample_rate and sound.dtype == np.float32
        powers = np.abs(np.fft.rfft(sound, 4000)[:2000]).reshape(WIDTH, 125).sum(axis=1) ** 2
        return powers / np.linalg.norm(powers)

    def _band(self, pitch):
        return pitch // 125


@pytest.fixture(scope="module", autouse=True)
def registered():
    """The sound expert of these tests has a name."""
    load_sound_expert.cache_clear()
    hearsight.register_sound_expert("pitches")(Pitches)
    yield
    SOUND_EXPERTS.registered.pop("pitches", None)
    load_sound_expert.cache_clear()


def tone(pitch: float, seconds: float, volume: float = 0.5) -> np.ndarray:
    return (volume * np.sin(2 * np.pi * pitch * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def noise(seconds: float, volume: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, volume, round(seconds * RATE)).astype(np.float32)


def sound_film(path: Path, sound: np.ndarray, seed: int = 0) -> Path:
    """Write a film of one colour with a sound."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = np.full((48, 64, 3), np.random.default_rng(seed).integers(0, 255, 3), np.uint8)
    count = max(1, 2 * round(len(sound) / RATE))
    return make_media(path, [picture] * count, [i / 2 for i in range(count)], [sound])
