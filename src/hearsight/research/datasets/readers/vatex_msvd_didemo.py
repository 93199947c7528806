"""Read data sets that list the clips of a split in `{split}_list.txt`: VATEX, DiDeMo and MSVD."""

from __future__ import annotations

from collections.abc import Iterator

from hearsight.errors import HearsightError
from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.parse import check_shape, lines, read_json, read_pickle
from hearsight.research.datasets.readers.root import Root

ANNOTATED = 30.0  # seconds of a DiDeMo video that its descriptions cover


def read_vatex(root: Root) -> Iterator[Entry]:
    """Yield VATEX in the layout of AVIGATE: ten captions a clip, in training and test."""
    path = root.annotation("ref_captions.json")
    with check_shape(path, "a list of captions for each video"):
        captions = {str(id): [str(text) for text in texts] for id, texts in read_json(path).items()}
    yield from _listed(root, ("train", "test"), captions, path.name)


def read_msvd(root: Root) -> Iterator[Entry]:
    """Yield MSVD: about 40 captions a clip, given as lists of words."""
    path = root.annotation("raw-captions.pkl")
    with check_shape(path, "a list of tokenised captions for each video"):
        captions = {str(id): [" ".join(words) for words in texts] for id, texts in read_pickle(path).items()}
    yield from _listed(root, ("train", "val", "test"), captions, path.name)


def read_didemo(root: Root) -> Iterator[Entry]:
    """Yield DiDeMo, with all descriptions of a video joined into one paragraph."""
    for split in ("train", "val", "test"):
        path = root.annotation(f"{split}_data.json")
        descriptions: dict[str, list[str]] = {}
        with check_shape(path, "a list of {video, description}"):
            for row in read_json(path):
                descriptions.setdefault(_stem(row["video"]), []).append(row["description"].strip())
        paragraphs = {id: [" ".join(texts)] for id, texts in descriptions.items()}
        yield from _listed(root, (split,), paragraphs, path.name, end=ANNOTATED)


def _listed(
    root: Root, splits: tuple[str, ...], captions: dict[str, list[str]], file: str, end: float | None = None
) -> Iterator[Entry]:
    """Yield the clips in the lists of these splits. captions: by clip, from a file of that name."""
    for split in splits:
        for source, line in lines(root.annotation(f"{split}_list.txt")):
            id = _stem(line.strip())
            if id not in captions:
                raise HearsightError(f"{source}: {id} is not in {file}; use files of one data set")
            pairs = tuple(("", text) for text in captions[id])
            name = "validation" if split == "val" else split
            start = None if end is None else 0.0
            yield Entry(id, name, root.media(id), pairs, source, start, end, root.transcripts.get(id))


def _stem(name: str) -> str:
    """Return an id without the suffix of its file, which some lists have."""
    for suffix in (".avi", ".mp4", ".mov", ".mpg", ".webm", ".mkv", ".3gp", ".m4v", ".wmv", ".flv"):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name
