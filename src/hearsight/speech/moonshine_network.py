"""Moonshine's network: an encoder of sound and a decoder of text, run by ONNX Runtime (arXiv:2410.15608).

https://github.com/moonshine-ai/moonshine (MIT licence for the English models). The package moonshine-voice contains the
tiny English model. Only its files are read: of its Python and C code nothing is loaded. That code takes about four
times the processor time for the same sound, cuts sentences at every pause and so misunderstands more words, and does
not tell how certain a word is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from hearsight.media.audio import SAMPLE_RATE, Samples

ENCODER, DECODER, VOCABULARY = FILES = "encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin"
START, END = 1, 2
SPACE = "\u2581".encode()
# As published: nobody speaks faster, but a decoder that repeats itself does not stop by itself.
TOKENS_A_SECOND = 6.5


@dataclass(frozen=True)
class Token:
    """A piece of text in UTF-8, and the logarithm of its probability. END has no text."""

    text: bytes
    log_probability: float


class MoonshineNetwork:
    """The network in a folder. It computes in one thread, so that the same sound always gives the same text."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors only
        self._encoder, self._decoder = (
            onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])
            for name in (ENCODER, DECODER)
        )
        self._vocabulary = list(_read_vocabulary((folder / VOCABULARY).read_bytes()))
        self._outputs = [output.name for output in self._decoder.get_outputs()]
        # The decoder's memory: keys and values of its own tokens and of the sound, of each layer.
        self._empty = {
            entry.name: np.zeros((1, entry.shape[1], 1, entry.shape[3]), np.float32)
            for entry in self._decoder.get_inputs()
            if entry.name.startswith("past_key_values")
        }

    def decode(self, samples: Samples) -> list[Token]:
        """Return the tokens of one stretch of speech, 16 kHz mono float32; END comes last, unless there is no room."""
        sound = samples.astype(np.float32)[None]
        mask = np.ones(sound.shape, np.int64)
        (hidden,) = self._encoder.run(None, {"input_values": sound, "attention_mask": mask})
        if not hidden.shape[1]:
            return []
        inputs: dict[str, Any] = {"encoder_hidden_states": hidden, "encoder_attention_mask": mask, **self._empty}
        tokens: list[Token] = []
        token = START
        for step in range(int(np.ceil(TOKENS_A_SECOND * len(samples) / SAMPLE_RATE))):
            inputs |= {"input_ids": np.array([[token]]), "use_cache_branch": np.array([step > 0])}
            outputs = dict(zip(self._outputs, self._decoder.run(None, inputs), strict=True))
            logits = outputs["logits"][0, -1]
            token = int(logits.argmax())
            tokens.append(Token(self._text(token), -float(np.log(np.exp(logits - logits[token]).sum()))))
            if token == END:
                break
            for name in self._empty:
                if step == 0 or ".decoder." in name:  # the sound's do not change
                    inputs[name] = outputs[name.replace("past_key_values", "present")]
        return tokens

    def _text(self, token: int) -> bytes:
        """Return the text of a token; none of a special one (<s>, </s>, <<ST_0>>)."""
        text = self._vocabulary[token] if END < token < len(self._vocabulary) else b""
        return b"" if text.startswith(b"<<ST_") else text.replace(SPACE, b" ")


def _read_vocabulary(data: bytes) -> Iterator[bytes]:
    """Yield the texts of a vocabulary: each has its length before it, in one byte, or in two above 127."""
    position = 0
    while position < len(data):
        length = data[position]
        position += 1
        if length > 127:
            length += 128 * data[position] - 128
            position += 1
        yield data[position : position + length]
        position += length
