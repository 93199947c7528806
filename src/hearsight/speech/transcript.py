"""Transcripts: the lines that are said in a file, with their times."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from hearsight.types import Line, Word


@dataclass(frozen=True)
class Transcript:
    """The lines of a file, in order of time.

    source: "subtitles", the name of the recogniser, or "none" if there were no subtitles and no recogniser or sound.
    language: two-letter code; "und" if most of what is said is in a language that the recogniser does not know; None
    if unknown.
    """

    lines: tuple[Line, ...] = ()
    source: str = "none"
    language: str | None = None

    @property
    def text(self) -> str:
        """Return the text of all lines."""
        return " ".join(line.text for line in self.lines)

    def between(self, start: float, end: float) -> str:
        """Return the text that is said from start to end, in seconds; "" if there is none."""
        return " ".join(line.text for line in self.lines_between(start, end))

    def lines_between(self, start: float, end: float) -> list[Line]:
        """Return the parts of the lines that are said from start to end, in seconds.

        A line with timed words is cut to the words whose middle lies inside, so that adjoining stretches share no word.
        A line without is not cut. It is included if the stretch covers at least half of the line, or the line half of
        the stretch: a sentence is not torn by a cut, and one longer than several clips is in each of them.
        """
        parts = (_part(line, start, end) for line in self.lines)
        return [part for part in parts if part is not None]

    def to_dict(self) -> dict[str, Any]:
        """Return plain dictionaries, lists, strings and numbers, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Transcript:
        """Return the transcript of which `to_dict` returned this."""
        lines = (Line(**{**line, "words": tuple(Word(**word) for word in line["words"])}) for line in plain["lines"])
        return cls(tuple(lines), plain["source"], plain["language"])


def line_of(words: tuple[Word, ...]) -> Line:
    """Return the line of these words, at least one."""
    return Line(words[0].start, words[-1].end, " ".join(word.text for word in words), words)


def shift(line: Line, seconds: float) -> Line:
    """Return the line and its words, so many seconds later."""
    words = (replace(word, start=word.start + seconds, end=word.end + seconds) for word in line.words)
    return replace(line, start=line.start + seconds, end=line.end + seconds, words=tuple(words))


def _part(line: Line, start: float, end: float) -> Line | None:
    """Return the part of a line that belongs to a stretch (`Transcript.lines_between`)."""
    if line.words:
        words = tuple(word for word in line.words if start <= (word.start + word.end) / 2 < end)
        return line_of(words) if words else None
    covered = min(line.end, end) - max(line.start, start)
    shorter = min(line.end - line.start, end - start)
    if shorter <= 0:
        return line if start <= line.start < end else None
    return line if covered >= shorter / 2 else None
