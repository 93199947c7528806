"""How the scores of a query's experts become one, and what it is worth.

The experts of a library stay apart: the trained or public video model compares the query with pictures, sound and, if
it reads, speech; a text expert compares meanings with what is said; a sound expert compares the query with what is
heard; and words are matched one by one. What is read in pictures is compared as what is said. Each score is on the
scale of `Scale`, and a clip that lacks what an expert compares has none. The query decides how much each counts:
one that speaks of saying ("someone says that ...") asks for speech, one that names a sound asks for that, and one that
speaks of writing ("a sign that says ...") for text.

Query-weighted mixtures of experts: MoEE (Miech et al. 2018), Collaborative Experts (Liu et al. 2019), MMT (Gabeur et
al. 2020). The constants were chosen on Soundstage's validation split, with models that hear and read and with experts
that were trained apart (docs/listening.md), but for those of texts in pictures: these follow the others by analogy, and
are not measured yet.
"""

from __future__ import annotations

from math import inf
from typing import Literal

import numpy as np
from numpy.typing import NDArray

# What meaning adds where the query asks for speech: much if the model does not read what is said, little if it does.
MEANING_WEIGHT, READ_MEANING_WEIGHT = 2.0, 0.3
# And where the query does not, above so many deviations: one word in common with a line is no reason to prefer it to a
# picture.
UNASKED_MEANING_WEIGHT, UNASKED_MEANING_START = 0.1, 2.5
# What a sound expert adds where the query names a sound, and where it does not, above so many deviations: sound helps
# queries about sound and hurts others (MTEB's results on videos, 2026).
SOUND_WEIGHT, UNASKED_SOUND_WEIGHT, UNASKED_SOUND_START = 1.0, 0.3, 1.5
# What the query's words add if they are certainly said, and the share of it where the query does not ask for speech.
WORDS_WEIGHT, UNASKED_WORDS_SHARE = 4.0, 0.25
# What is said can be a match by itself, after so many deviations are taken off: some if the query does not ask for
# speech, more if the model reads what is said, for then it has been compared already, and most if it names a sound.
UNASKED_PENALTY, READER_PENALTY, SOUND_PENALTY = 1.0, 3.0, 4.0
UNASKED_SOUND_PENALTY = 2.0  # the same for what is heard, if the query names no sound
UNASKED_TEXT_PENALTY = 2.0  # and for what is read, if the query does not ask for text

Array = NDArray[np.float64]
Sense = Literal["said", "heard", "said and heard", "read", ""]  # what a query speaks of
SAID, HEARD = ("said", "said and heard"), ("heard", "said and heard")


def combine(
    model: Array,
    meaning: Array,
    sound: Array,
    strength: Array | float,
    asks_for: Sense,
    model_reads: bool,
    text: Array | None = None,
    text_strength: Array | float = 0.0,
) -> Array:
    """Return the score of clips by all experts, of the shape of `model`.

    model: the model's similarities on their scale. meaning, sound: those of the text and the sound expert. text: those
    of the text expert with what is read; None where nothing is. All are NaN for a clip that lacks what they compare:
    then they add nothing.
    strength, text_strength: how certainly each clip's transcript, or what is read in its pictures, has the query's
    words, from 0 to 1 (`Query.strength`). model_reads: whether the model compares what is said, too.
    """
    model, heard = (np.nan_to_num(scores, nan=0.0) for scores in (model, sound))
    weight = READ_MEANING_WEIGHT if model_reads else MEANING_WEIGHT
    together = model + _words_and_meaning(meaning, strength, weight if asks_for in SAID else None)
    if text is not None:
        weight_of_text = MEANING_WEIGHT if asks_for == "read" else None
        together = together + _words_and_meaning(text, text_strength, weight_of_text)
    if asks_for in HEARD:
        return together + SOUND_WEIGHT * np.maximum(heard, 0)
    return together + UNASKED_SOUND_WEIGHT * np.maximum(heard - UNASKED_SOUND_START, 0)


def _words_and_meaning(meaning: Array, strength: Array | float, weight: float | None) -> Array:
    """Return what lines add to the score of clips.

    weight: of their meaning; None if the query does not ask for these lines.
    """
    meaning = np.nan_to_num(meaning, nan=0.0)
    if weight is not None:
        return weight * np.maximum(meaning, 0) + WORDS_WEIGHT * strength**2
    clear_meaning = np.maximum(meaning - UNASKED_MEANING_START, 0)
    return UNASKED_MEANING_WEIGHT * clear_meaning + UNASKED_WORDS_SHARE * WORDS_WEIGHT * strength**2


def penalty(asks_for: Sense, model_reads: bool) -> float:
    """Return the deviations that are taken from what is said alone before it counts as a match.

    They are most for a query that names a sound: someone who says "dog" does not bark. For one that asks for text, what
    is said is no match by itself at all.
    """
    if asks_for == "read":
        return inf
    if asks_for == "heard":
        return SOUND_PENALTY
    if model_reads:
        return READER_PENALTY
    return 0.0 if asks_for in SAID else UNASKED_PENALTY


def sound_penalty(asks_for: Sense) -> float:
    """Return the deviations that are taken from what is heard alone before it counts as a match."""
    if asks_for in HEARD:
        return 0.0
    return UNASKED_SOUND_PENALTY if asks_for == "" else SOUND_PENALTY


def text_penalty(asks_for: Sense) -> float:
    """Return the deviations that are taken from what is read alone before it counts as a match.

    What is said may be read, too, in subtitles.
    """
    if asks_for == "read":
        return 0.0
    return SOUND_PENALTY if asks_for == "heard" else UNASKED_TEXT_PENALTY


def spoken(meaning: Array, strength: Array) -> Array:
    """Return the score of what is said in clips alone, or of what is read, (n,); the parameters are as in `combine`."""
    return np.maximum(np.nan_to_num(meaning, nan=0.0), 0) + WORDS_WEIGHT * strength**2
