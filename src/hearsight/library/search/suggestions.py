"""What could be asked of a library: a few queries that it answers, for someone who sees it for the first time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from hearsight.library.collection import Collection
from hearsight.library.results import Suggestion
from hearsight.library.search.query import words
from hearsight.library.tables.schema import read_vectors

MOST_CLIPS = 2000  # that are looked at
LINE_WORDS = range(4, 9)
EACH = 3

# Ordinary things of home videos, archives and news; those are suggested that stand out of a library.
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


def suggestions(collection: Collection) -> list[Suggestion]:
    """At most three things that stand out of the libraries, and three lines that are said."""
    vectors, lines = [], []
    for library in collection.libraries.values():
        table = library.place.store.some(["pooled", "lines"], MOST_CLIPS)
        vectors.append(read_vectors(table, "pooled"))
        lines += [line["text"] for row in table["lines"].to_pylist() for line in row or []]
    things = _standing_out(collection, np.concatenate(vectors))
    return [*(Suggestion(text, "meaning") for text in things), *(Suggestion(text, "said") for text in _telling(lines))]


def _standing_out(collection: Collection, clips: np.ndarray) -> list[str]:
    """The things of which one clip is far more than the others, each of another clip."""
    if not len(clips):
        return []
    things = THINGS.strip().replace("\n", "|").split("|")
    model = collection.model
    with torch.inference_mode():
        asked = model.encode_text(model.tokenize(things)).float().cpu().numpy()
    cosines = clips @ asked.T  # (clips, things)
    far = (cosines.max(axis=0) - cosines.mean(axis=0)) / (cosines.std(axis=0) + 1e-3)
    chosen: dict[int, str] = {}
    for thing in np.argsort(-far):
        chosen.setdefault(int(cosines[:, thing].argmax()), things[thing])
        if len(chosen) == EACH:
            break
    return list(chosen.values())


def _telling(lines: Sequence[str]) -> list[str]:
    """A few lines of a handful of words, spread over all."""
    fitting = [" ".join(line.split()) for line in lines if len(words(line)) in LINE_WORDS]
    distinct = list(dict.fromkeys(fitting))
    return [distinct[i * len(distinct) // EACH] for i in range(min(EACH, len(distinct)))]
