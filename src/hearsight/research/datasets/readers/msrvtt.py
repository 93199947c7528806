"""Read MSR-VTT: 10,000 clips of 10 to 32 s with 20 captions each, in the splits of the literature.

9k and 7k are two training splits for the same test, 1k-A: 1,000 clips with one caption each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hearsight.errors import HearsightError
from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.parse import check_shape, field, read_json, rows
from hearsight.research.datasets.readers.root import Root


def read_9k(root: Root) -> Iterator[Entry]:
    """Yield the clips with the 9k training split."""
    return _read(root, "MSRVTT_train.9k.csv")


def read_7k(root: Root) -> Iterator[Entry]:
    """Yield the clips with the 7k training split."""
    return _read(root, "MSRVTT_train.7k.csv")


def _read(root: Root, train: str) -> Iterator[Entry]:
    """Yield training clips with all their captions, and test clips with one."""
    captions = _captions(root)
    for source, row in rows(root.annotation(train)):
        id = field(source, row, "video_id")
        if id not in captions:
            raise HearsightError(f"{source}: {id} is not in MSRVTT_data.json; use files of one data set")
        pairs = tuple(("", text) for text in captions[id])
        yield Entry(id, "train", root.media(id), pairs, source, transcript=root.transcripts.get(id))
    for source, row in rows(root.annotation("MSRVTT_JSFUSION_test.csv")):
        id, sentence = field(source, row, "video_id"), field(source, row, "sentence")
        yield Entry(id, "test", root.media(id), (("", sentence),), source, transcript=root.transcripts.get(id))


def _captions(root: Root) -> dict[str, list[str]]:
    path = root.annotation("MSRVTT_data.json")
    captions: dict[str, list[str]] = defaultdict(list)
    with check_shape(path, "MSR-VTT's videos and sentences"):
        for sentence in read_json(path)["sentences"]:
            captions[sentence["video_id"]].append(sentence["caption"])
    return captions
