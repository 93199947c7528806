"""The channels of decoded sound: their samples as numbers, and the mix of two that are opposite."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

# Channels whose correlation is lower are mixed with the second one upside down: their sum would leave silence.
OPPOSITE = -0.3
EVERY = 8  # frames, of which one is measured: some fifth of a second
MEMORY = 0.7  # the weight of a measured frame in the correlation after the next one


def channels_of(frame: av.AudioFrame) -> NDArray[np.float32]:
    """Return the samples of a frame in [-1, 1], (channels, samples)."""
    samples = _by_channel(frame.to_ndarray(), frame)
    if samples.dtype.kind == "f":
        return samples.astype(np.float32)
    limits = np.iinfo(samples.dtype)
    middle = 0 if limits.min else (limits.max + 1) / 2
    return ((samples.astype(np.float32) - middle) / (limits.max - middle)).astype(np.float32)


def _by_channel(samples: NDArray[Any], frame: av.AudioFrame) -> NDArray[Any]:
    return samples if frame.format.is_planar else samples.reshape(-1, frame.layout.nb_channels).T


class Polarity:
    """Turns the second channel of stereo over where it is the first one upside down, so that a mix keeps both."""

    def __init__(self) -> None:
        self._frames, self._product, self._power = 0, 0.0, 0.0

    def corrected(self, frame: av.AudioFrame) -> av.AudioFrame:
        """Return the next frame as it can be mixed to mono."""
        if frame.layout.nb_channels != 2:
            return frame
        if self._frames % EVERY == 0 or not self._power:
            self._measure(*channels_of(frame))
        self._frames += 1
        return frame if self._product >= OPPOSITE * self._power else _second_turned(frame)

    def _measure(self, first: NDArray[np.float32], second: NDArray[np.float32]) -> None:
        self._product = MEMORY * self._product + float(first @ second)
        self._power = MEMORY * self._power + float(np.sqrt((first @ first) * (second @ second)))


def _second_turned(frame: av.AudioFrame) -> av.AudioFrame:
    samples = frame.to_ndarray().copy()
    second = _by_channel(samples, frame)[1]
    second[:] = -second if samples.dtype.kind == "f" else ~second  # which is one step lower, and never overflows
    turned = av.AudioFrame.from_ndarray(samples, format=frame.format.name, layout=frame.layout.name)
    turned.sample_rate, turned.pts, turned.time_base = frame.sample_rate, frame.pts, frame.time_base
    return turned
