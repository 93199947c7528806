"""Suggests queries that a library can answer, for people who see it for the first time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hearsight.library.results import Suggestion
from hearsight.library.search.question import is_plain
from hearsight.library.search.view import Searchable
from hearsight.library.tables.schema import read_vectors
from hearsight.library.words.sound_descriptions import describes_sound
from hearsight.library.words.word_forms import cut
from hearsight.models.query_encoder import QueryEncoder

MAX_CLIPS = 2000  # number of clips that are compared, in each library
LINE_WORDS = range(4, 9)  # number of words in a suggested line
PER_KIND = 3  # number of suggestions of each kind

# Common subjects of home videos, archives and news. Those that stand out in a library are suggested.
SUBJECTS = """
a dog is barking|a cat|a bird is singing|a horse|a cow|a fish in the water|a sheep|a pig|a duck|a monkey|an elephant
a car on a road|a train|a boat on the sea|an aeroplane|a bicycle|a bus in the city|a rocket|a helicopter
the sea|a beach|mountains|a forest|snow|a river|a desert|a garden with flowers|the night sky|a sunset|rain|fire
a crowd of people|a child is playing|someone is laughing|people are clapping|two people are talking|a face
someone is cooking|a birthday cake|food on a table|a football match|someone is dancing|a swimming pool
a bell rings|a siren is howling|thunder|music is playing|a guitar|a piano|a drum|a telephone rings|a knock on a door
a whistle|a clock is ticking|an engine is running|footsteps|a house|a church|a street at night|a kitchen|an office
a computer screen|a map|a newspaper|a person speaks to the camera|a clown|a balloon|a ball|an apple|a hat
"""


def suggest_queries(libraries: Sequence[Searchable], encoder: QueryEncoder) -> list[Suggestion]:
    """Return at most three subjects that stand out in libraries, and three lines that are said in them."""
    vectors, lines = [], []
    for library in libraries:
        table = library.store.head(["pooled", "lines"], MAX_CLIPS)
        vectors.append(read_vectors(table, "pooled"))
        texts = (line["text"] for row in table["lines"].to_pylist() for line in row or [])
        lines += [text for text in texts if not describes_sound(text)]
    subjects = _outstanding_subjects(np.concatenate(vectors), encoder)
    return [
        *(Suggestion(text, "meaning") for text in subjects),
        *(Suggestion(text, "said") for text in _sample_lines(lines)),
    ]


def _outstanding_subjects(clips: NDArray[np.float32], encoder: QueryEncoder) -> list[str]:
    """Return the subjects that fit one clip far better than the others, at most one per clip.

    clips: pooled vectors, (n, D).
    """
    clips = clips[clips.any(axis=1)]  # those of which the model sees or hears something
    if not len(clips):
        return []
    subjects = SUBJECTS.strip().replace("\n", "|").split("|")
    cosines = clips @ encoder.encode(subjects).T  # (clips, subjects)
    prominence = (cosines.max(axis=0) - cosines.mean(axis=0)) / (cosines.std(axis=0) + 1e-3)
    by_clip: dict[int, str] = {}
    for subject in np.argsort(-prominence):
        by_clip.setdefault(int(cosines[:, subject].argmax()), subjects[subject])
        if len(by_clip) == PER_KIND:
            break
    return list(by_clip.values())


def _sample_lines(lines: Sequence[str]) -> list[str]:
    """Return a few short lines at even distances in all lines, without repetitions."""
    short = [" ".join(line.split()) for line in lines if len(cut(line)) in LINE_WORDS]
    distinct = [line for line in dict.fromkeys(short) if is_plain(line)]
    return [distinct[i * len(distinct) // PER_KIND] for i in range(min(PER_KIND, len(distinct)))]
