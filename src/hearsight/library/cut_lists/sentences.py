"""Moves the start and end of hits to those of the sentences that are said in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from hearsight.library.results import Hit, MarkedLine, SearchResult, Transcript

SENTENCE_ENDS = (".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f")  # also those of Chinese and Japanese
CLOSING = " \"'\u201d\u2019\u00bb)]\u300d"
PAUSE = 1.0  # seconds without a line end a sentence
LONGEST = 60.0  # seconds; a transcript may have no full stops


class Transcribed(Protocol):
    """What has transcripts of hits: a library, a collection, or a client of a server."""

    def transcript(self, clip: Hit | str, /) -> Transcript:
        """Return what is said in a clip and around it."""


def cut_at_sentences(library: Transcribed, result: SearchResult) -> SearchResult:
    """Return a result whose hits last as long as the sentence that is said at their moment.

    A hit at whose moment nothing is said keeps its start and end.
    """
    hits = []
    for hit in result.hits:
        stretch = sentence_at(library.transcript(hit).lines, hit.moment)
        hits.append(replace(hit, start=stretch[0], end=stretch[1]) if stretch else hit)
    return replace(result, hits=hits)


def sentence_at(lines: Sequence[MarkedLine], moment: float) -> tuple[float, float] | None:
    """Return the start and end of the sentence that is said at a moment, in seconds; None if none is.

    lines: in order of time. A sentence may have several lines: it begins after one that ends with a full stop or is
    followed by a pause, and ends with such a line. Where a transcript has no full stops, a sentence is a line.
    """
    first = next((i for i, line in enumerate(lines) if line.start <= moment < line.end), None)
    if first is None:
        return None
    last = first
    if any(map(_ends_sentence, lines)):
        while first > 0 and not _ends_between(lines[first - 1], lines[first]):
            first -= 1
        while last + 1 < len(lines) and not _ends_between(lines[last], lines[last + 1]):
            last += 1
    start, end = lines[first].start, lines[last].end
    return max(start, moment - LONGEST), min(end, moment + LONGEST)


def _ends_sentence(line: MarkedLine) -> bool:
    return line.text.rstrip(CLOSING).endswith(SENTENCE_ENDS)


def _ends_between(line: MarkedLine, following: MarkedLine) -> bool:
    return _ends_sentence(line) or following.start - line.end >= PAUSE
