"""pocketsphinx: small, quick, offline, English only. It comes with the base install.

Its words carry a posterior, which is not used: a threshold that drops half of the wrong words also drops a tenth
of the right ones as soon as music plays, and a search misses a lost word more than it minds a strange one.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from pocketsphinx import Decoder

from hearsight.media.audio import Samples
from hearsight.speech.recogniser import Recognised
from hearsight.types import Word

FRAME = 0.01
PEAK = 0.9 * 32767
PRONUNCIATION = re.compile(r"\(\d+\)$")


class SphinxRecogniser:
    """The US English model of pocketsphinx's wheel. Not to be used by two threads at once."""

    name = "pocketsphinx"

    def __init__(self) -> None:
        # Unasked, it writes warnings on stderr that no one can act on.
        self._decoder = Decoder(loglevel="FATAL")

    def transcribe(self, samples: Samples) -> Recognised:
        """See Recogniser.transcribe. The loudness makes no difference."""
        loudest = float(np.abs(samples).max(initial=0.0))
        if loudest == 0.0:
            return Recognised((), "en")
        decoder = self._decoder
        decoder.start_utt()
        decoder.process_raw((samples * (PEAK / loudest)).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        return Recognised(tuple(_word(segment) for segment in decoder.seg() or () if _is_word(segment)), "en")


def _is_word(segment: Any) -> bool:
    """Not a silence (<sil>) or a noise ([COUGH])."""
    return segment.word[0] not in "<["


def _word(segment: Any) -> Word:
    text = PRONUNCIATION.sub("", segment.word)
    return Word(segment.start_frame * FRAME, (segment.end_frame + 1) * FRAME, text)
