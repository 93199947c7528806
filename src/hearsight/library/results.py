"""What a library tells: the results of a search, the report of an update, what is in it, what failed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from hearsight.errors import HearsightError

Mode = Literal["hybrid", "dense", "speech"]


@dataclass(frozen=True)
class Filters:
    """Which clips a search may find; None lets all pass.

    path: part of the path inside the library's folder, or a pattern of it with * and ?; upper and lower case are
    the same. min_seconds, max_seconds: length of the video. has_speech, has_sound: of the clip.
    """

    path: str | None = None
    min_seconds: float | None = None
    max_seconds: float | None = None
    has_speech: bool | None = None
    has_sound: bool | None = None


@dataclass(frozen=True)
class Hit:
    """A video and the moment of it that answers best. All times are seconds from the start of the file.

    score: what hits are ranked by. In mode "dense" the model's similarity, in "speech" BM25, in "hybrid" reciprocal
    ranks, of which 100 is the most: a clip that is first by both.
    similarity: the model's logit, in every mode (of similar clips, the cosine of their vectors). library: the name of
    the folder, or what it is called among several. path: inside the library's folder; video: the same, absolute.
    moment: the best second. seen, heard, said: what each adds to the cosine of query and clip; 0 for a branch that the
    model has not. words: how surely the transcript says the query's words, from 0 to 1; 0 in mode "dense", which does
    not ask that. gates: the mean size of each branch's attention gates.
    line: what is said at the moment, with the spans of it (start, end) that the query asked for.
    more: further moments of this video that rank above the last hit.
    """

    rank: int
    score: float
    similarity: float
    library: str
    clip: str
    path: Path
    video: Path
    start: float
    end: float
    moment: float
    seen: float
    heard: float
    said: float
    words: float
    gates: dict[str, float]
    line: str
    spans: list[tuple[int, int]]
    more: int


class ClipNotFoundError(HearsightError):
    """The id of a clip that is not, or no longer, in the library."""


def clip_id(clip: Hit | str) -> str:
    """Return the id of a hit's clip."""
    return clip.clip if isinstance(clip, Hit) else clip


@dataclass(frozen=True)
class SearchResult:
    """clips: how many were ranked, of `videos` videos; total_clips: how many the library has."""

    query: str
    mode: Mode
    hits: list[Hit]
    clips: int
    videos: int
    total_clips: int
    milliseconds: float

    def to_dict(self) -> dict[str, Any]:
        return _plain(asdict(self))


@dataclass(frozen=True)
class ClipDetails:
    """What is known of a clip beside its vectors. duration: of the file; the rest is as in Hit."""

    library: str
    clip: str
    path: Path
    video: Path
    start: float
    end: float
    duration: float
    has_speech: bool
    has_sound: bool
    has_picture: bool
    gates: dict[str, float]
    language: str | None
    transcript_source: str | None

    def to_dict(self) -> dict[str, Any]:
        return _plain(asdict(self))


@dataclass(frozen=True)
class MarkedLine:
    """What is said, in seconds from the start of the file; spans (start, end) of it are words of the query."""

    start: float
    end: float
    text: str
    spans: list[tuple[int, int]]


@dataclass(frozen=True)
class Transcript:
    """What is said in and around a clip. source: a file's subtitles, or the recogniser that wrote it."""

    source: str | None
    language: str | None
    lines: list[MarkedLine]


@dataclass(frozen=True)
class Suggestion:
    """kind: "said" for words of a transcript, "meaning" for what is seen or heard."""

    text: str
    kind: Literal["meaning", "said"]


@dataclass(frozen=True)
class Failure:
    """A file that could not be indexed. path: inside the library's folder. when: ISO 8601, in UTC."""

    path: str
    reason: str
    when: str


@dataclass
class UpdateReport:
    """What an update did: numbers of files, and of clips encoded."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    deleted: int = 0
    unchanged: int = 0
    failed: list[Failure] = field(default_factory=list)
    clips: int = 0
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        return _plain(asdict(self))


@dataclass
class Upkeep:
    """What was done to keep a library quick to search.

    made: the columns that were indexed anew, with the seconds each took. indexed: clips that were added to indexes.
    merged, into: so many pieces of the table of clips became so many. freed: bytes of versions that nobody reads any
    more, of features too.
    """

    made: dict[str, float] = field(default_factory=dict)
    indexed: int = 0
    merged: int = 0
    into: int = 0
    freed: int = 0
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        return _plain(asdict(self))


@dataclass(frozen=True)
class Reindexed:
    """How many clips have vectors of the new model."""

    clips: int
    seconds: float


@dataclass
class Repaired:
    """What was damaged in a library, by paths inside it, and is gone: manifests of versions, files of fragments, and
    all that was in a table.

    again: how many videos lack clips now, and are forgotten: the next update reads their files again.
    """

    versions: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    again: int = 0


@dataclass(frozen=True)
class LibraryInfo:
    """What is in a library.

    recogniser: of the next update. with_speech, with_sound: number of clips. bytes: on disk. transcripts: number of
    videos by the source of their transcripts: "subtitles", the name of a recogniser, or "none".
    """

    folder: Path
    at: Path
    model: str
    fingerprint: str
    method: str
    by: str
    seconds: float
    recogniser: str
    videos: int
    clips: int
    hours: float
    with_speech: int
    with_sound: int
    failures: int
    bytes: int
    transcripts: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return _plain(asdict(self))


class Watcher(Protocol):
    """Whoever wants to watch an update. Called in the thread that updates; paths are inside the library's folder."""

    def files(self, total: int, size: int) -> None:
        """So many files are to be indexed, of so many bytes in all."""

    def file(self, path: Path, size: int) -> None:
        """This file's turn has come, or come again where several are read at once; it has so many bytes."""

    def listened(self, share: float) -> None:
        """So much of it is transcribed, from 0 to 1. Only told where that takes long; silence is not counted."""

    def clips(self, number: int, of: int) -> None:
        """So many more of its clips are encoded, of so many that have to be."""

    def done(self, path: Path) -> None: ...

    def failed(self, path: Path, reason: str) -> None: ...


class Unwatched:
    """The progress of an update that nobody watches."""

    def files(self, total: int, size: int) -> None: ...

    def file(self, path: Path, size: int) -> None: ...

    def listened(self, share: float) -> None: ...

    def clips(self, number: int, of: int) -> None: ...

    def done(self, path: Path) -> None: ...

    def failed(self, path: Path, reason: str) -> None: ...


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """The same with paths as text, as JSON can hold it."""
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    return str(value) if isinstance(value, Path) else value
