"""Recognise English speech with pocketsphinx: small, offline, and for platforms without Moonshine.

The posterior of a word is not used: a threshold that drops half of the wrong words also drops a tenth of the right ones
as soon as music plays, and a missing word harms a search more than a wrong one.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from pocketsphinx import Decoder

from hearsight.media.audio import Samples
from hearsight.speech.recogniser import RecognisedSpeech
from hearsight.types import Word

FRAME = 0.01
PEAK = 0.9 * 32767
PRONUNCIATION = re.compile(r"\(\d+\)$")


class SphinxRecogniser:
    """A recogniser with the US English model of pocketsphinx's wheel. Use it from one thread at a time."""

    name = "pocketsphinx"

    def __init__(self) -> None:
        # By default it writes warnings on stderr that no user can act on.
        self._decoder = Decoder(loglevel="FATAL")

    def transcribe(self, samples: Samples) -> RecognisedSpeech:
        """Recognise one stretch of speech (`Recogniser`). Its loudness does not matter."""
        loudest = float(np.abs(samples).max(initial=0.0))
        if loudest == 0.0:
            return RecognisedSpeech((), "en")
        decoder = self._decoder
        decoder.start_utt()
        decoder.process_raw((samples * (PEAK / loudest)).astype("<i2").tobytes(), full_utt=True)
        decoder.end_utt()
        return RecognisedSpeech(tuple(_word(segment) for segment in decoder.seg() or () if _is_word(segment)), "en")


def _is_word(segment: Any) -> bool:
    """Return whether a segment is a word, and not silence (<sil>) or noise ([COUGH])."""
    return segment.word[0] not in "<["


def _word(segment: Any) -> Word:
    text = PRONUNCIATION.sub("", segment.word)
    return Word(segment.start_frame * FRAME, (segment.end_frame + 1) * FRAME, text)
