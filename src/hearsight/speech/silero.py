"""Silero VAD, version 6.2: the likelihood of speech, 31 times a second, in sound at 16 kHz.

https://github.com/snakers4/silero-vad (MIT licence, see silero.LICENSE next to the weights).
The network is written in NumPy here, so that all chunks of a block go through the convolutions at once, and only the
LSTM goes through them one by one: as fast as in torch, which takes a second to import, and more than ten times as fast
as with the packaged runtime, which takes one chunk at a time.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from safetensors.numpy import load_file

CHUNK = 512
CONTEXT = 64
WEIGHTS = Path(__file__).with_name("silero.safetensors")
STRIDES = {0: 1, 2: 2, 4: 2, 6: 1}  # of the convolutions, by their number in the file of weights

Array = NDArray[np.float32]
State = tuple[Array, Array]


class Silero:
    """A network of a short-time spectrum, four convolutions, an LSTM and a decision. weights: by their names."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self.fourier = np.ascontiguousarray(weights["fourier.weight"][:, 0].T)  # (256, 258)
        self.convolutions = [
            (_flat(weights[f"encoder.{number}.weight"]), weights[f"encoder.{number}.bias"], stride)
            for number, stride in STRIDES.items()
        ]
        # A sigmoid is (1 + tanh(x / 2)) / 2, so that one tanh computes all gates.
        halves = np.repeat(np.array([0.5, 0.5, 1, 0.5], np.float32), 128)
        self.input = np.ascontiguousarray(weights["memory.weight_ih_l0"].T) * halves  # (128, 512)
        self.recurrent = np.ascontiguousarray(weights["memory.weight_hh_l0"].T) * halves  # (128, 512)
        self.bias = (weights["memory.bias_ih_l0"] + weights["memory.bias_hh_l0"]) * halves
        self.decision, self.threshold = weights["decision.weight"][0], weights["decision.bias"][0]

    def __call__(self, chunks: Array, state: State | None = None) -> tuple[Array, State]:
        """Return likelihoods of speech, (N,) in [0, 1], and the state for the next call.

        chunks: (N, 64 + 512), each with the end of the previous one in front.
        """
        padded = np.pad(chunks, ((0, 0), (0, CONTEXT)), mode="reflect")
        waves = _matmul(sliding_window_view(padded, 256, axis=1)[:, ::128], self.fourier)  # (N, 4, 258)
        encoded = np.hypot(waves[..., :129], waves[..., 129:])  # (N, 4, 129)
        for kernel, bias, stride in self.convolutions:
            padded = np.pad(encoded, ((0, 0), (1, 1), (0, 0)))
            windows = np.concatenate([padded[:, i : padded.shape[1] - 2 + i : stride] for i in range(3)], axis=2)
            encoded = np.maximum(_matmul(windows, kernel) + bias, 0)
        remembered, state = self._remember(encoded[:, 0] @ self.input + self.bias, state)
        return _sigmoid(np.maximum(remembered, 0) @ self.decision + self.threshold), state

    def _remember(self, inputs: Array, state: State | None) -> tuple[Array, State]:
        """Run the LSTM over the chunks. inputs: (N, 512), of the gates: input, forget, cell, output."""
        hidden, cell = state or (np.zeros(128, np.float32), np.zeros(128, np.float32))
        outputs = np.empty((len(inputs), 128), np.float32)
        for number, gates in enumerate(inputs):
            gates = gates + hidden @ self.recurrent
            tanh = np.tanh(gates)
            opening = tanh * 0.5 + 0.5
            cell = opening[128:256] * cell + opening[:128] * tanh[256:384]
            outputs[number] = hidden = opening[384:] * np.tanh(cell)
        return outputs, (hidden, cell)


@cache
def load_silero() -> Silero:
    """Return the network with its published weights."""
    return Silero(load_file(WEIGHTS))


def _flat(kernel: Array) -> Array:
    """Return the kernel (out, in, 3) of a convolution as a matrix (3 * in, out)."""
    return np.ascontiguousarray(kernel.transpose(2, 1, 0).reshape(-1, len(kernel)))


def _matmul(x: Array, matrix: Array) -> Array:
    """Return x @ matrix for x (N, T, in), as one product of two matrices, which is faster than N of them."""
    return (x.reshape(-1, len(matrix)) @ matrix).reshape(*x.shape[:2], -1)


def _sigmoid(x: Array) -> Array:
    likelihood: Array = np.float32(0.5) * (1 + np.tanh(x / 2))
    return likelihood
