"""Decode an example to search with: a picture, a sound or a short video, which a stranger may have sent.

This is done in a separate process with limits (sandbox.py).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.media.sandbox import EXIT_REFUSED, IMAGE_SIZE, MAX_OUTPUT_BYTES, MAX_SECONDS, Arguments, Limits

PROGRAM = (sys.executable, "-P", "-m", "hearsight.media.sandbox")
LIMITS = Limits()
MAX_REASON_LENGTH = 200


@dataclass(frozen=True)
class Example:
    """The content of an example file.

    frames: RGB pictures (H, W, 3); one for a picture, none for a sound. sounds: the sound, mono, by its sample rate in
    Hz; none without sound.
    """

    frames: list[NDArray[np.uint8]]
    sounds: dict[int, NDArray[np.float32]]


def decode_example(path: Path, frames: int, rates: Collection[int], limits: Limits = LIMITS) -> Example:
    """Decode the first 30 s of an untrusted file in a process with limits, which leaves no files behind.

    frames: the largest number of pictures, at `Clip.frame_times`. rates: the sample rates in Hz to decode sound at.
    Raises HearsightError if the file cannot be read, or not be decoded within the limits.
    """
    try:
        path.open("rb").close()
    except OSError as error:
        raise HearsightError(f"cannot read {path}: {error.strerror}; give a file that can be read") from error
    arguments = Arguments(str(path), frames, sorted(rates), limits.memory, limits.cpu)
    try:
        with tempfile.TemporaryFile() as output:  # has no name, so a killed process leaves nothing
            status = _run([*PROGRAM, json.dumps(asdict(arguments))], output, limits.seconds)
            output.seek(0)
            content = output.read(MAX_OUTPUT_BYTES)
    except OSError as error:
        raise HearsightError(f"cannot decode the example: {error.strerror}; try again later") from error
    if status == EXIT_REFUSED:
        reason = content.decode(errors="replace")[:MAX_REASON_LENGTH]
        raise _unreadable(reason if reason.isprintable() else "it is damaged")
    if status != 0:
        raise _unreadable("it is damaged, or takes too much time or memory to decode")
    return _parse_output(content, frames, arguments.rates)


def _run(command: Sequence[str], output: BinaryIO, seconds: float) -> int:
    """Run a program and return its exit status, or minus the signal that ended it.

    Raises HearsightError if it runs longer than the given time.
    """
    environment = {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "OPENBLAS_NUM_THREADS": "1",  # each thread would take memory before anything is read
    }
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.DEVNULL,
        env=environment,
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


def _parse_output(content: bytes, frames: int, rates: Sequence[int]) -> Example:
    """Return the arrays in the sandbox's output, which is not trusted: it has handled an untrusted file."""
    head, _, body = content.partition(b"\n")
    try:
        count, side, *lengths = (int(number) for number in head[:100].split())
        plausible = (
            0 <= count <= frames
            and 0 <= side <= IMAGE_SIZE
            and all(0 <= length <= MAX_SECONDS * rate for length, rate in zip(lengths, rates, strict=True))
        )
        if not plausible or len(body) != count * side * side * 3 + 4 * sum(lengths):
            raise ValueError(head)
    except ValueError as error:
        raise _unreadable("it is damaged") from error
    pictures = np.frombuffer(body, np.uint8, count * side * side * 3).reshape(count, side, side, 3)
    waveforms = np.split(np.frombuffer(body[pictures.size :], np.float32), np.cumsum(lengths)[:-1])
    sounds = dict(zip(rates, waveforms, strict=False))  # without rates, `waveforms` has one empty array
    return Example(list(pictures), {rate: sound for rate, sound in sounds.items() if len(sound)})


def _unreadable(reason: str) -> HearsightError:
    return HearsightError(f"cannot read the example: {reason}; use a picture, a sound or a short video")
