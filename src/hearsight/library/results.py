"""Result types of a library: search results, contents and failures."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal

from hearsight.errors import HearsightError
from hearsight.types import Match

Mode = Literal["hybrid", "dense", "speech"]
Sense = Literal["seen", "heard", "said"]


class Serializable:
    """A dataclass that can be written as JSON.

    A field whose key in JSON differs from its name has it as `alias` in its metadata, where pydantic finds it, too.
    """

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, by their keys in JSON. Paths become text."""
        values: dict[str, Any] = _plain(self)
        return values


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it."""
    if is_dataclass(value):
        return {each.metadata.get("alias", each.name): _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


@dataclass(frozen=True)
class Filters:
    """Conditions on the clips that a search returns. None sets no condition.

    path: part of the path inside the library's folder, or a pattern for it with * and ?; case is ignored.
    min_seconds, max_seconds: length of the video. has_speech, has_sound: of the clip. after, before: a year, month or
    day (2024, 2024-05, 2024-05-17): the video was made when it begins, or later; or before it begins. from_seconds,
    to_seconds: the part of the file that a clip must reach into.
    """

    path: str | None = None
    min_seconds: float | None = None
    max_seconds: float | None = None
    has_speech: bool | None = None
    has_sound: bool | None = None
    after: str | None = None
    before: str | None = None
    from_seconds: float | None = None
    to_seconds: float | None = None


@dataclass(frozen=True)
class Evidence:
    """What one expert says of a hit.

    expert: "model" for the video model, "words" for the words that are said or read, or by which subtitles describe a
    sound, or the name of a text or sound expert. sense: what it compares: "seen", "heard", "said" or "read".
    confidence: as of a hit, by this expert alone; None for similar clips. moment: seconds from the start of the file.
    line: what is said or read then, or the description; "" where that is not what it compares.
    box: where that is read in the clip's thumbnail: left, top, right and bottom, as shares of its width and height;
    None for what is not read, or not there.
    """

    expert: str
    sense: str
    confidence: float | None
    moment: float
    line: str
    box: list[float] | None = None


@dataclass(frozen=True)
class Hit:
    """A video, and its moment that matches the query best. All times are seconds from the start of the file.

    A picture has no time: its start, end and moment are 0.

    score: the number that hits are ranked by: the model's similarity in mode "dense" (but with a sound expert as in
    "hybrid"), BM25 in "speech", and in "hybrid" how many deviations the clip is above the typical best of a neutral
    query (experts/calibration.py); -1000 for a clip that lacks what the query asks for.
    confidence: the share of neutral queries that find nothing as good in this library, from 0 to 1. match: the same in
    a word. Both are None where nothing is searched for by words, as for similar clips.
    similarity: the model's logit, in every mode (for similar clips, the cosine by the first expert in `evidence`).
    library: the name of the folder, or the library's name in a collection. path: relative to the library's folder;
    video: absolute.
    moment: the best second. seen, heard, said, read: how much each sense speaks for the clip, from 0 (up to a likely
    match) to 1, the same for every query and library; all 0 for a weak match. words: how strongly the transcript
    matches the query's words, from 0 to 1 (`Query.strength`); always 0 in mode "dense", which does not search
    transcripts. gates: the mean size of each branch's attention gates.
    line: the transcript's line at the moment. spans: the parts (start, end) of it that match the query. text: what is
    read in the picture that speaks for the clip, "" for nothing. text_spans: the parts of it that match.
    evidence: what each expert says, the most certain first. more: the number of other matching moments of this video
    that rank above the last hit. audio_track: the number of the sound track that was searched, from 1; None where the
    file has one, or none.
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
    confidence: float | None = None
    match: Match | None = None
    evidence: list[Evidence] = field(default_factory=list)
    read: float = 0.0
    text: str = ""
    text_spans: list[tuple[int, int]] = field(default_factory=list)
    audio_track: int | None = None

    @property
    def is_picture(self) -> bool:
        """Whether the file is a picture."""
        return self.end == self.start


def check_limit(limit: int) -> None:
    """Raise HearsightError for what is no number of results."""
    if not isinstance(limit, Integral) or limit < 1:
        raise HearsightError(f"cannot return {limit!r} results; give a limit that is a whole number from 1 on")


def check_confidence(confidence: float | None) -> None:
    """Raise HearsightError for what no result can have as its confidence. None is none."""
    if confidence is not None and not (isinstance(confidence, Real) and 0 <= confidence <= 1):
        raise HearsightError(f"no result has a confidence of {confidence!r}; give a number from 0 to 1")


class ClipNotFoundError(HearsightError):
    """An error for the id of a clip that is not in the library, or not any more."""


def clip_id(clip: Hit | str) -> str:
    """Return the id of a hit's clip."""
    return clip.clip if isinstance(clip, Hit) else clip


@dataclass(frozen=True)
class SearchResult(Serializable):
    """The hits of a search, best first.

    clips: the number of clips that were ranked, from `videos` videos. total_clips: the number in the library. matches:
    the number of videos with a match that is not weak, of the clips that are nearest; it does not depend on how many
    hits are asked for. matched: whether there is any. notes: what the library cannot do for this query. senses: by what
    an example or a clip can be compared, of "seen", "heard" and "said"; [] in a search by words.
    suggestions: other spellings of the query, if a word of it is said nowhere and a similar one is.
    """

    query: str
    mode: Mode
    hits: list[Hit]
    clips: int
    videos: int
    total_clips: int
    milliseconds: float
    suggestions: list[str] = field(default_factory=list)
    matches: int = 0
    notes: list[str] = field(default_factory=list)
    senses: list[str] = field(default_factory=list)
    matched: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "matched", self.matches > 0)  # a field, not a property, for JSON and pydantic

    def without_weak(self) -> SearchResult:
        """Return the result without weak matches."""
        return replace(self, hits=[hit for hit in self.hits if hit.match != "weak"])

    def at_least(self, confidence: float) -> SearchResult:
        """Return the result with the hits of at least this confidence alone.

        Raises HearsightError for what is no confidence.
        """
        check_confidence(confidence)
        return replace(self, hits=[hit for hit in self.hits if hit.confidence is None or hit.confidence >= confidence])


@dataclass(frozen=True)
class ClipDetails(Serializable):
    """The description of a clip. duration: of its file, 0 for a picture. The other fields are as in `Hit`."""

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


@dataclass(frozen=True)
class MarkedLine:
    """A line of a transcript, in seconds from the file's start. spans: the parts (start, end) that match the query."""

    start: float
    end: float
    text: str
    spans: list[tuple[int, int]]


@dataclass(frozen=True)
class Transcript:
    """The transcript of a clip and of the time around it. source: "subtitles", or the name of the recogniser."""

    source: str | None
    language: str | None
    lines: list[MarkedLine]


@dataclass(frozen=True)
class Suggestion:
    """A query that the library can answer. kind: "said" for words of a transcript, "meaning" for sights and sounds."""

    text: str
    kind: Literal["meaning", "said"]


@dataclass(frozen=True)
class Failure:
    """A file that could not be indexed. path: relative to the library's folder. when: ISO 8601, in UTC."""

    path: str
    reason: str
    when: str


@dataclass(frozen=True)
class SoundTrack:
    """The sound track that was heard of a file that has several.

    path: of the file, relative to the library's folder. track: its number, from 1. tracks: how many the file has.
    language: as the file names it, if it does. title: as players show it, if it has one.
    """

    path: str
    track: int
    tracks: int
    language: str | None
    title: str | None


@dataclass(frozen=True)
class LibraryInfo(Serializable):
    """The contents of a library, and how it is indexed.

    location: the folder of the index. videos: the number of videos and sounds, pictures: that of pictures.
    indexes_pictures: whether updates look for pictures. cut: "window", "shots" or "file". seconds: the longest clip.
    recogniser, meaning, sound: the recogniser, the expert for what is said and the sound expert, for the next update.
    sounds: the number of videos that the sound expert has encoded. reader: what reads text in pictures. read: the
    number of videos in which it has done so. with_speech, with_sound: numbers of clips.
    bytes: the size on disk. transcripts: the number of videos for each source of transcripts: "subtitles", the name of
    a recogniser, or "none". not_understood: the number of videos that speak a language that their recogniser does not
    know. senses: what the model compares with queries, of "seen", "heard" and "said"; [] if that is unknown, and for
    the method "words", which compares nothing. missing: the experts that were chosen and are not on this machine, by
    what they compare. several_tracks: the number of videos with several sound tracks. audio_track, audio_language:
    which of them is heard, as in `hearsight.index`; None for the automatic choice.
    """

    folder: Path
    location: Path = field(metadata={"alias": "at"})
    model: str
    fingerprint: str
    method: str
    cut: str = field(metadata={"alias": "by"})
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
    not_understood: int = 0
    meaning: str = "wordllama"
    sound: str = "none"
    sounds: int = 0
    reader: str = "none"
    read: int = 0
    senses: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    several_tracks: int = 0
    audio_track: int | None = None
    audio_language: str | None = None
    pictures: int = 0
    indexes_pictures: bool = False
