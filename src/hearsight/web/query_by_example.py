"""Query by example: a picture, a sound or a short video from a stranger, decoded apart, becomes a model's inputs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.media import SAMPLE_RATE
from hearsight.web.sandbox import LONGEST, MOST_BYTES, REFUSED, SIDE, Arguments, Limits

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel
    from hearsight.models.preprocess import ClipInputs

PROGRAM = (sys.executable, "-P", "-m", "hearsight.web.sandbox")
LIMITS = Limits()
MOST_REASON = 200  # characters


@dataclass(frozen=True)
class Decoded:
    """frames: RGB pictures (H, W, 3), one of a picture, none of a sound. waveform: 16 kHz mono, None without sound."""

    frames: list[NDArray[np.uint8]]
    waveform: NDArray[np.float32] | None


def decode(path: Path, frames: int, listens: bool, limits: Limits = LIMITS) -> Decoded:
    """What is to be seen and heard in a file that need not be what it says, decoded by a process with limits.

    frames: at most so many pictures, at `frame_times`. listens: whether the sound is wanted. The first 30 s count.
    Raises HearsightError if it cannot be decoded, or not within the limits. Nothing is left behind.
    """
    arguments = Arguments(str(path), frames, listens, limits.memory, limits.cpu)
    try:
        with tempfile.TemporaryFile() as answer:  # has no name, so that a killed process leaves nothing
            status = _run([*PROGRAM, json.dumps(asdict(arguments))], answer, limits.seconds)
            answer.seek(0)
            content = answer.read(MOST_BYTES)
    except OSError as error:
        raise HearsightError(f"cannot decode the example: {error.strerror}; try again later") from error
    if status == REFUSED:
        reason = content.decode(errors="replace")[:MOST_REASON]
        raise _unreadable(reason if reason.isprintable() else "it is damaged")
    if status != 0:
        raise _unreadable("it is damaged, or takes too much time or memory to decode")
    return _taken(content, frames)


def inputs_of(decoded: Decoded, model: VideoTextModel) -> ClipInputs:
    """The tensors of an example, as those of a clip in which nothing is said."""
    return model.prepare(decoded.frames, decoded.waveform, "")


def _run(command: Sequence[str], answer: BinaryIO, seconds: float) -> int:
    """Run a program to its end, or for that long; its exit status, or minus the signal that ended it."""
    known = {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "OPENBLAS_NUM_THREADS": "1",  # each thread would take of the memory before anything is read
    }
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=answer,
        stderr=subprocess.DEVNULL,
        env=known,
        start_new_session=True,
    )
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired as error:
        raise _unreadable("it takes too long to decode") from error
    finally:
        if child.returncode is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def _taken(content: bytes, frames: int) -> Decoded:
    """The arrays of an answer (see decoding.py). Whatever decoded a stranger's file is not to be believed."""
    head, _, body = content.partition(b"\n")
    try:
        count, side, samples = (int(number) for number in head[:100].split())
        believed = 0 <= count <= frames and 0 <= side <= SIDE and 0 <= samples <= LONGEST * SAMPLE_RATE
        if not believed or len(body) != count * side * side * 3 + samples * 4:
            raise ValueError(head)
    except ValueError as error:
        raise _unreadable("it is damaged") from error
    pictures = np.frombuffer(body, np.uint8, count * side * side * 3).reshape(count, side, side, 3)
    waveform = np.frombuffer(body[pictures.size :], np.float32)
    return Decoded(list(pictures), waveform if samples else None)


def _unreadable(reason: str) -> HearsightError:
    return HearsightError(f"cannot read the example: {reason}; give a picture, a sound or a short video")
