"""The process that decodes what a stranger sent: `python -m hearsight.web.sandbox ARGUMENTS`, one for each example.

A decoder that a crafted file makes run wild, or takes over, does so here: with little memory and time, and without
another file, or an address, that it could open. No torch, so that it starts in a part of a second.

Writes to its output a line of three numbers, "F side samples", then the bytes of F pictures (side, side, 3) in uint8
and of that many float32 samples. Ends with REFUSED where that cannot be, having written the reason.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from hearsight.errors import HearsightError
from hearsight.media import cut_audio, frame_times, probe, read_frames
from hearsight.types import Clip

SIDE = 384  # pixels: the largest models take 336
LONGEST = 30.0  # seconds of a film or a sound that count
MOST_BYTES = 32 << 20  # of the answer: 64 pictures, or so
REFUSED = 3

PICTURES = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "WEBP")
FILES = 5  # input, output, errors, and the example twice: `probe` opens it again while it looks at it
PROCESSORS = 2


@dataclass(frozen=True)
class Limits:
    """memory: bytes of address space. cpu: seconds of processors' time. seconds: by the clock."""

    memory: int = 2 << 30
    cpu: int = 20
    seconds: float = 30.0


@dataclass(frozen=True)
class Arguments:
    """frames: how many of a film are wanted, at most. listens: whether the sound is. memory, cpu: as `Limits`."""

    path: str
    frames: int
    listens: bool
    memory: int
    cpu: int


def main() -> int:
    arguments = Arguments(**json.loads(sys.argv[1]))
    Image.init()  # imports all of PIL now: afterwards no file can be opened
    confine(arguments.memory, arguments.cpu)
    out = sys.stdout.buffer
    try:
        pictures, sound = read(Path(arguments.path), arguments.frames, arguments.listens)
    except HearsightError as error:
        return _refuse(out, str(error).removeprefix(f"cannot read {arguments.path}: ").partition(";")[0])
    except (MemoryError, Image.DecompressionBombError):
        return _refuse(out, "it is too large")
    except (OSError, ValueError, SyntaxError):  # what PIL raises over damaged pictures
        return _refuse(out, "the picture is damaged, or of an unknown kind")
    if not pictures and not len(sound):
        return _refuse(out, "there is nothing in it that the model could see or hear")
    side = len(pictures[0]) if pictures else 0
    out.write(f"{len(pictures)} {side} {len(sound)}\n".encode())
    for picture in pictures:
        out.write(picture.tobytes())
    out.write(sound.tobytes())
    out.flush()
    return 0


def confine(memory: int, cpu: int) -> None:
    """Take from this process what decoding does not need. There is no way back."""
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_FSIZE: MOST_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: FILES,
    }
    for which, most in limits.items():
        _, hard = resource.getrlimit(which)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (least, least))
    if hasattr(os, "sched_setaffinity"):  # FFmpeg makes a thread for each processor that it may use
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-PROCESSORS:])


def read(path: Path, frames: int, listens: bool) -> tuple[list[NDArray[np.uint8]], NDArray[np.float32]]:
    """Squares, all of one size, and the sound (16 kHz mono) of a picture, a sound or a film's first seconds."""
    silence = np.empty(0, np.float32)
    try:
        return [read_picture(path)], silence
    except UnidentifiedImageError:
        info = probe(path)
    clip = Clip(path, 0.0, min(info.duration, LONGEST))
    shown = read_frames(path, frame_times(clip, frames)) if info.video else ()
    pictures: list[NDArray[np.uint8]] = []
    for _, picture in shown:
        pictures.append(square(Image.fromarray(picture), len(pictures[0]) if pictures else SIDE))
    return pictures, next(cut_audio(path, [clip])) if listens and info.audio else silence


def read_picture(path: Path) -> NDArray[np.uint8]:
    """A picture, upright, on white where it is transparent; of an animation the first frame.

    Raises UnidentifiedImageError for what is no picture, and what PIL raises for damaged and for huge ones.
    """
    with Image.open(path, formats=PICTURES) as image:
        image.draft("RGB", (SIDE, SIDE))
        ImageOps.exif_transpose(image, in_place=True)
        if not image.has_transparency_data:
            return square(image.convert("RGB"))
        clear = Image.fromarray(square(image.convert("RGBA")))
        return np.asarray(Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB"))


def square(image: Image.Image, most: int = SIDE) -> NDArray[np.uint8]:
    """The middle of a picture (side, side, channels), which is all that a model sees (towers/pixels.py)."""
    side = min(*image.size, most)
    return np.asarray(ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC))


def _refuse(out: BinaryIO, reason: str) -> int:
    out.write(reason.encode(errors="replace"))
    out.flush()
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
