"""ActivityNet Captions: videos of two minutes, the sentences of each joined into a paragraph; tested on val_1."""

from __future__ import annotations

from collections.abc import Iterator

from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.parse import expected, whole_json
from hearsight.research.datasets.readers.root import Root


def read(root: Root) -> Iterator[Entry]:
    """One paragraph a video."""
    for split, name in (("train", "train.json"), ("test", "val_1.json")):
        path = root.annotation(name)
        with expected(path, "sentences for each video"):
            told = {id: [text.strip() for text in video["sentences"]] for id, video in whole_json(path).items()}
        for id, sentences in told.items():
            media, said = root.media(id) or root.media(id.removeprefix("v_")), root.transcripts.get(id)
            yield Entry(id, split, media, (("", " ".join(sentences)),), f"{path}, {id}", transcript=said)
