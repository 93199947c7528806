"""MSR-VTT: 10,000 clips of 10 to 32 s with 20 captions each, split as the field splits them.

9k and 7k are two training splits for the same test, 1k-A: 1,000 clips with one caption each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hearsight.errors import HearsightError
from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.parse import expected, field, rows, whole_json
from hearsight.research.datasets.readers.root import Root


def read_9k(root: Root) -> Iterator[Entry]:
    return _read(root, "MSRVTT_train.9k.csv")


def read_7k(root: Root) -> Iterator[Entry]:
    return _read(root, "MSRVTT_train.7k.csv")


def _read(root: Root, train: str) -> Iterator[Entry]:
    """Training clips with all their captions, and the test's with one."""
    captions = _captions(root)
    for where, row in rows(root.annotation(train)):
        id = field(where, row, "video_id")
        if id not in captions:
            raise HearsightError(f"{where}: MSRVTT_data.json tells nothing of {id}; are both files of one data set?")
        told = tuple(("", text) for text in captions[id])
        yield Entry(id, "train", root.media(id), told, where, transcript=root.transcripts.get(id))
    for where, row in rows(root.annotation("MSRVTT_JSFUSION_test.csv")):
        id, sentence = field(where, row, "video_id"), field(where, row, "sentence")
        yield Entry(id, "test", root.media(id), (("", sentence),), where, transcript=root.transcripts.get(id))


def _captions(root: Root) -> dict[str, list[str]]:
    path = root.annotation("MSRVTT_data.json")
    found: dict[str, list[str]] = defaultdict(list)
    with expected(path, "MSR-VTT's videos and sentences"):
        for sentence in whole_json(path)["sentences"]:
            found[sentence["video_id"]].append(sentence["caption"])
    return found
