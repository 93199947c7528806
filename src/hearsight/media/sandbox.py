"""The process that decodes an example file: `python -m hearsight.media.sandbox ARGUMENTS`, one for each example.

If a crafted file makes a decoder run wild or takes it over, this happens here: with little memory and time, and
without the right to open another file or a network connection. It imports no torch, so it starts in a fraction of a
second.

It writes to stdout one line of numbers, "F side samples ...", then the bytes of F pictures (side, side, 3) in uint8,
and of the float32 samples at each sample rate. If the file cannot be decoded it writes the reason and exits with
EXIT_REFUSED.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from hearsight.errors import HearsightError
from hearsight.media.audio import cut_audio
from hearsight.media.frames import read_frames
from hearsight.media.pictures import FORMATS, load_formats, upright_rgb
from hearsight.media.probe import probe
from hearsight.types import Clip

IMAGE_SIZE = 384  # pixels: the largest models take 336
MAX_SECONDS = 30.0  # of a video or a sound that are read
MAX_OUTPUT_BYTES = 64 << 20  # some 64 pictures, and the sound at several sample rates
EXIT_REFUSED = 3

MAX_OPEN_FILES = 5  # stdin, stdout, stderr, and the example twice, because `probe` opens it again
MAX_CORES = 2


@dataclass(frozen=True)
class Limits:
    """memory: bytes of address space. cpu: seconds of CPU time. seconds: wall-clock time."""

    memory: int = 2 << 30
    cpu: int = 20
    seconds: float = 30.0


@dataclass(frozen=True)
class Arguments:
    """frames: the largest number of pictures of a video. rates: in Hz, of the sound. memory, cpu: see `Limits`."""

    path: str
    frames: int
    rates: list[int]
    memory: int
    cpu: int


def main() -> int:
    arguments = Arguments(**json.loads(sys.argv[1]))
    load_formats()  # now: afterwards no other file can be opened
    confine(arguments.memory, arguments.cpu)
    output = sys.stdout.buffer
    try:
        pictures, sounds = decode_file(Path(arguments.path), arguments.frames, arguments.rates)
    except HearsightError as error:
        return _refuse(output, str(error).removeprefix(f"cannot read {arguments.path}: ").partition(";")[0])
    except (MemoryError, Image.DecompressionBombError):
        return _refuse(output, "it is too large")
    except (OSError, ValueError, SyntaxError):  # what PIL raises for damaged pictures
        return _refuse(output, "the picture is damaged, or has an unknown format")
    if not pictures and not any(map(len, sounds)):
        return _refuse(output, "it contains nothing that the model can see or hear")
    side = len(pictures[0]) if pictures else 0
    output.write(f"{' '.join(map(str, [len(pictures), side, *map(len, sounds)]))}\n".encode())
    for picture in pictures:
        output.write(picture.tobytes())
    for sound in sounds:
        output.write(sound.tobytes())
    output.flush()
    return 0


def confine(memory: int, cpu: int) -> None:
    """Limit this process to what decoding needs. The limits cannot be raised again."""
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: cpu,
        resource.RLIMIT_FSIZE: MAX_OUTPUT_BYTES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: MAX_OPEN_FILES,
    }
    for kind, limit in limits.items():
        _, hard = resource.getrlimit(kind)
        lower = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (lower, lower))
    if hasattr(os, "sched_setaffinity"):  # FFmpeg starts a thread for each core that it may use
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-MAX_CORES:])


def decode_file(
    path: Path, frames: int, rates: Sequence[int]
) -> tuple[list[NDArray[np.uint8]], list[NDArray[np.float32]]]:
    """Return square pictures of one size, and the mono sound at each sample rate, of a file or its beginning.

    Sound is empty where there is none.
    """
    silence = [np.empty(0, np.float32) for _ in rates]
    try:
        return [decode_picture(path)], silence
    except UnidentifiedImageError:
        info = probe(path)
    clip = Clip(path, 0.0, min(info.duration, MAX_SECONDS))
    video_frames = read_frames(path, clip.frame_times(frames)) if info.video else ()
    pictures: list[NDArray[np.uint8]] = []
    for _, picture in video_frames:
        pictures.append(crop_square(Image.fromarray(picture), len(pictures[0]) if pictures else IMAGE_SIZE))
    return pictures, [next(cut_audio(path, [clip], rate)) for rate in rates] if info.audio else silence


def decode_picture(path: Path) -> NDArray[np.uint8]:
    """Return a picture (pictures.py says how it is shown); of an animation the first.

    Raises UnidentifiedImageError if the file is not a picture, and PIL's errors for damaged and for huge pictures.
    """
    with Image.open(path, formats=FORMATS) as image:
        return crop_square(Image.fromarray(upright_rgb(image, IMAGE_SIZE)))


def crop_square(image: Image.Image, max_side: int = IMAGE_SIZE) -> NDArray[np.uint8]:
    """Return the centre of a picture (side, side, channels): models see nothing else (towers/pixels.py)."""
    side = min(*image.size, max_side)
    return np.asarray(ImageOps.fit(image, (side, side), Image.Resampling.BICUBIC))


def _refuse(output: BinaryIO, reason: str) -> int:
    output.write(reason.encode(errors="replace"))
    output.flush()
    return EXIT_REFUSED


if __name__ == "__main__":
    sys.exit(main())
