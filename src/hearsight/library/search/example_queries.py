"""Queries to suggest to a person who sees a library for the first time: a few that it can answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from hearsight.library.results import Suggestion
from hearsight.library.search.query_words import words
from hearsight.library.search.view import Searchable
from hearsight.library.tables.schema import read_vectors
from hearsight.models.base import VideoTextModel

MAX_CLIPS = 2000  # that are compared
LINE_WORDS = range(4, 9)
EACH = 3  # number of suggestions of each kind

# Ordinary things in home videos, archives and news. Those that stand out in a library are suggested.
THINGS = """
a dog is barking|a cat|a bird is singing|a horse|a cow|a fish in the water|a sheep|a pig|a duck|a monkey|an elephant
a car on a road|a train|a boat on the sea|an aeroplane|a bicycle|a bus in the city|a rocket|a helicopter
the sea|a beach|mountains|a forest|snow|a river|a desert|a garden with flowers|the night sky|a sunset|rain|fire
a crowd of people|a child is playing|someone is laughing|people are clapping|two people are talking|a face
someone is cooking|a birthday cake|food on a table|a football match|someone is dancing|a swimming pool
a bell rings|a siren is howling|thunder|music is playing|a guitar|a piano|a drum|a telephone rings|a knock on a door
a whistle|a clock is ticking|an engine is running|footsteps|a house|a church|a street at night|a kitchen|an office
a computer screen|a map|a newspaper|a person speaks to the camera|a clown|a balloon|a ball|an apple|a hat
"""


def suggest_queries(libraries: Sequence[Searchable], model: VideoTextModel) -> list[Suggestion]:
    """Return at most three things that stand out in libraries, and three lines that are said in them."""
    vectors, lines = [], []
    for library in libraries:
        table = library.store.head(["pooled", "lines"], MAX_CLIPS)
        vectors.append(read_vectors(table, "pooled"))
        lines += [line["text"] for row in table["lines"].to_pylist() for line in row or []]
    things = _outstanding_things(np.concatenate(vectors), model)
    return [*(Suggestion(text, "meaning") for text in things), *(Suggestion(text, "said") for text in _spread(lines))]


def _outstanding_things(clips: NDArray[np.float32], model: VideoTextModel) -> list[str]:
    """Return the things that fit one clip far better than the others, each of another clip. clips: (n, D)."""
    if not len(clips):
        return []
    things = THINGS.strip().replace("\n", "|").split("|")
    with torch.inference_mode():
        texts = model.encode_text(model.tokenize(things)).float().cpu().numpy()
    cosines = clips @ texts.T  # (clips, things)
    prominence = (cosines.max(axis=0) - cosines.mean(axis=0)) / (cosines.std(axis=0) + 1e-3)
    by_clip: dict[int, str] = {}
    for thing in np.argsort(-prominence):
        by_clip.setdefault(int(cosines[:, thing].argmax()), things[thing])
        if len(by_clip) == EACH:
            break
    return list(by_clip.values())


def _spread(lines: Sequence[str]) -> list[str]:
    """Return a few lines of a handful of words, spread over all."""
    fitting = [" ".join(line.split()) for line in lines if len(words(line)) in LINE_WORDS]
    distinct = list(dict.fromkeys(fitting))
    return [distinct[i * len(distinct) // EACH] for i in range(min(EACH, len(distinct)))]
