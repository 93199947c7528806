"""Read ActivityNet Captions: videos of two minutes, each with a paragraph of sentences; the test is val_1."""

from __future__ import annotations

from collections.abc import Iterator

from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.parse import check_shape, read_json
from hearsight.research.datasets.readers.root import Root


def read(root: Root) -> Iterator[Entry]:
    """Yield each video with one paragraph."""
    for split, name in (("train", "train.json"), ("test", "val_1.json")):
        path = root.annotation(name)
        with check_shape(path, "sentences for each video"):
            sentences_of = {id: [text.strip() for text in video["sentences"]] for id, video in read_json(path).items()}
        for id, sentences in sentences_of.items():
            media, transcript = root.media(id) or root.media(id.removeprefix("v_")), root.transcripts.get(id)
            yield Entry(id, split, media, (("", " ".join(sentences)),), f"{path}, {id}", transcript=transcript)
