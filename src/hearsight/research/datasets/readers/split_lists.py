"""Data sets that name the clips of a split in `{split}_list.txt`: VATEX, DiDeMo and MSVD."""

from __future__ import annotations

from collections.abc import Iterator

from hearsight.errors import HearsightError
from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.parse import expected, lines, plain_pickle, whole_json
from hearsight.research.datasets.readers.root import Root

ANNOTATED = 30.0  # seconds of a DiDeMo video; descriptions tell of no more


def read_vatex(root: Root) -> Iterator[Entry]:
    """VATEX as AVIGATE lays it out: ten captions a clip, in training and test."""
    path = root.annotation("ref_captions.json")
    with expected(path, "a list of captions for each video"):
        told = {str(id): [str(text) for text in texts] for id, texts in whole_json(path).items()}
    yield from _listed(root, ("train", "test"), told, path.name)


def read_msvd(root: Root) -> Iterator[Entry]:
    """MSVD: about 40 captions a clip, given as words."""
    path = root.annotation("raw-captions.pkl")
    with expected(path, "a list of tokenised captions for each video"):
        told = {str(id): [" ".join(words) for words in texts] for id, texts in plain_pickle(path).items()}
    yield from _listed(root, ("train", "val", "test"), told, path.name)


def read_didemo(root: Root) -> Iterator[Entry]:
    """DiDeMo: all that is told of a video is joined into one paragraph."""
    for split in ("train", "val", "test"):
        path = root.annotation(f"{split}_data.json")
        told: dict[str, list[str]] = {}
        with expected(path, "a list of {video, description}"):
            for row in whole_json(path):
                told.setdefault(_stem(row["video"]), []).append(row["description"].strip())
        paragraphs = {id: [" ".join(texts)] for id, texts in told.items()}
        yield from _listed(root, (split,), paragraphs, path.name, end=ANNOTATED)


def _listed(
    root: Root, splits: tuple[str, ...], told: dict[str, list[str]], source: str, end: float | None = None
) -> Iterator[Entry]:
    for split in splits:
        for where, line in lines(root.annotation(f"{split}_list.txt")):
            id = _stem(line.strip())
            if id not in told:
                raise HearsightError(f"{where}: {source} tells nothing of {id}; are both files of one data set?")
            captions = tuple(("", text) for text in told[id])
            name = "validation" if split == "val" else split
            start = None if end is None else 0.0
            yield Entry(id, name, root.media(id), captions, where, start, end, root.transcripts.get(id))


def _stem(name: str) -> str:
    """An id may be told with the suffix of its file."""
    for suffix in (".avi", ".mp4", ".mov", ".mpg", ".webm", ".mkv", ".3gp", ".m4v", ".wmv", ".flv"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name
