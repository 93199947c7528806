"""How the scores of a query's experts become one, and what it is worth.

The experts of a library stay apart: the trained or public video model compares the query with pictures, sound and, if
it reads, speech; a text expert compares meanings with what is said; and words are matched one by one. Each score is on
the scale of `Scale`, and a clip that lacks what an expert compares has none. The query decides how much each counts:
one that speaks of saying ("someone says that ...") asks for speech.

Query-weighted mixtures of experts: MoEE (Miech et al. 2018), Collaborative Experts (Liu et al. 2019), MMT (Gabeur et
al. 2020). The constants were chosen on Soundstage's validation split and the demo's queries, and are measured in
docs/performance.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# What meaning adds where the query asks for speech; and where it does not, above so many deviations: one word in common
# with a line is no reason to prefer it to a picture.
MEANING_WEIGHT, UNASKED_MEANING_WEIGHT, UNASKED_MEANING_START = 0.3, 0.1, 2.5
# What the query's words add if they are certainly said, and the share of it where the query does not ask for speech.
WORDS_WEIGHT, UNASKED_WORDS_SHARE = 4.0, 0.25
# What is said can be a match by itself, after so many deviations are taken off: some if the query does not ask for
# speech, more if the model reads what is said, for then it has been compared already, and most if it names a sound.
UNASKED_PENALTY, READER_PENALTY, SOUND_PENALTY = 1.0, 3.0, 4.0

Array = NDArray[np.float64]


def combine(model: Array, meaning: Array, strength: Array, asks_for_speech: bool) -> Array:
    """Return the score of clips by all experts, of the shape of `model`.

    model: the model's similarities on their scale. meaning: those of the text expert. Both are NaN for a clip that
    lacks what they compare: then they add nothing.
    strength: how certainly each clip's transcript has the query's words, from 0 to 1 (`Query.strength`).
    """
    model, said = np.nan_to_num(model, nan=0.0), np.nan_to_num(meaning, nan=0.0)
    if asks_for_speech:
        return model + MEANING_WEIGHT * np.maximum(said, 0) + WORDS_WEIGHT * strength**2
    clear_meaning = np.maximum(said - UNASKED_MEANING_START, 0)
    return model + UNASKED_MEANING_WEIGHT * clear_meaning + UNASKED_WORDS_SHARE * WORDS_WEIGHT * strength**2


def penalty(asks_for_speech: bool, asks_for_sound: bool, model_reads: bool) -> float:
    """Return the deviations that are taken from what is said alone before it counts as a match.

    They are most for a query that names a sound: someone who says "dog" does not bark.
    """
    if asks_for_sound and not asks_for_speech:
        return SOUND_PENALTY
    if model_reads:
        return READER_PENALTY
    return 0.0 if asks_for_speech else UNASKED_PENALTY


def spoken(meaning: Array, strength: Array) -> Array:
    """Return the score of what is said in clips alone, (n,); the parameters are as in `combine`."""
    return np.maximum(np.nan_to_num(meaning, nan=0.0), 0) + WORDS_WEIGHT * strength**2
