"""The published way from a film to a model's inputs, written after its description.

OpenCV seeks every whole second and decodes up to it, Pillow makes a picture of all of them, some are kept; sound comes
from a .wav (16 kHz, mono) that was made before. Our filterbank is used, for it computes the same as theirs.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image

from hearsight.media.audio import SAMPLE_RATE, read_audio
from hearsight.towers.filterbank import filterbank
from hearsight.towers.pixels import normalise


def published(film: Path, sound: Path, frames: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the pixels of a film (F, 3, H, W) and the filterbank of its .wav (1024, 128)."""
    pictures = torch.stack([published_pixels(picture, size) for picture in seconds(film)])
    chosen = np.linspace(0, len(pictures) - 1, frames).astype(int)
    with wave.open(str(sound)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 2**15
    return pictures[chosen], filterbank(samples)


def seconds(film: Path) -> Any:
    """Yield the picture at every whole second."""
    capture = cv2.VideoCapture(str(film))
    rate = int(capture.get(cv2.CAP_PROP_FPS))
    for second in range(-(-int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) // rate)):
        capture.set(cv2.CAP_PROP_POS_FRAMES, second * rate)
        success, picture = capture.read()
        if not success:
            return
        yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def published_pixels(picture: np.ndarray, size: int) -> torch.Tensor:
    image = Image.fromarray(picture)
    resized = size * image.width // min(image.size), size * image.height // min(image.size)
    image = image.resize(resized, Image.Resampling.BICUBIC)
    x, y = round((resized[0] - size) / 2), round((resized[1] - size) / 2)
    cut = np.array(image.crop((x, y, x + size, y + size)))
    return normalise(torch.from_numpy(cut).permute(2, 0, 1))


def write_wav(film: Path, path: Path) -> None:
    """Write the sound of a film, for `published` to read."""
    samples = np.concatenate(list(read_audio(film)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * (2**15 - 1)).astype(np.int16).tobytes())
