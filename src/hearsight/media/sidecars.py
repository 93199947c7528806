"""Which subtitle files in a folder belong to which media files: film.srt, film.de.srt, film.en-US.forced.vtt."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from hearsight.media.languages import is_language, language_code
from hearsight.media.probe import MEDIA_SUFFIXES

FORMATS = {".srt": "srt", ".vtt": "webvtt", ".ass": "ass"}

# Between a film's name and the suffix there may be a language and, as media players have it, some of these marks.
HARD_OF_HEARING = "hi"
FORCED = frozenset(["forced", "foreign"])
MARKS = FORCED | {HARD_OF_HEARING, "cc", "default", "sdh"}

# A folder that changed within the last nanoseconds of these may change again and still bear the same time.
SETTLED = 3 * 10**9


@dataclass(frozen=True)
class SideCar:
    """A subtitle file: its name in the folder, and what stands between the film's name and the suffix, lower-case."""

    name: str
    tags: tuple[str, ...]

    @property
    def suffix(self) -> str:
        """One of FORMATS."""
        return PurePath(self.name).suffix.lower()

    @property
    def language(self) -> str | None:
        """Two-letter code; None where the name tells no language that is known."""
        languages = [tag for tag in self.tags if tag not in MARKS]
        if not languages and HARD_OF_HEARING in self.tags:
            return "hi"  # Hindi, for film.hi.srt; for the hard of hearing in film.en.hi.srt
        return language_code(languages[0]) if languages else None

    @property
    def rank(self) -> tuple[Any, ...]:
        """Sorts the best one first."""
        english = self.language == "en"
        return bool(self.tags), not english, self.tags, list(FORMATS).index(self.suffix), self.name


def side_cars(path: Path) -> list[SideCar]:
    """The subtitle files beside a media file, best first; see `match`. A folder is listed anew only if it changed."""
    folder = path.parent
    try:
        changed = folder.stat().st_mtime_ns
        matched = _remembered(folder, changed) if time.time_ns() - changed > SETTLED else _listed(folder)
    except OSError:
        return []
    return [side_car for side_car in matched.get(path.stem, ()) if (folder / side_car.name).is_file()]


def known_side_cars(path: Path, beside: Iterable[Path]) -> list[SideCar]:
    """The same where the files are known, without a look at the folder."""
    return match([path.name, *(file.name for file in beside)]).get(path.stem, [])


@lru_cache(maxsize=4)
def _remembered(folder: Path, changed: int) -> dict[str, list[SideCar]]:
    return _listed(folder)


def _listed(folder: Path) -> dict[str, list[SideCar]]:
    return match(entry.name for entry in folder.iterdir())


def match(names: Iterable[str]) -> dict[str, list[SideCar]]:
    """The subtitle files among the names in a folder, by the stems of the media files that they belong to.

    A file belongs to the longest stem that its name can be read to have. So film.2.srt is never film.mp4's (2 is no
    language), and film.it.srt is the Italian one of film.mp4 only where no film.it.mp4 stands. Case does not count,
    unless media files differ in nothing else. First come those with the bare name, then English ones, then the others
    by alphabet. Forced ones belong to none: they leave out all that is said in the film's own language.
    """
    files = [PurePath(name) for name in names]
    stems = {file.stem for file in files if file.suffix.lower() in MEDIA_SUFFIXES}
    by_folded: defaultdict[str, list[str]] = defaultdict(list)
    for stem in stems:
        by_folded[stem.casefold()].append(stem)
    found: defaultdict[str, list[SideCar]] = defaultdict(list)
    for file in files:
        if file.suffix.lower() not in FORMATS:
            continue
        for start, tags in _readings(file.stem):
            owners = [start] if start in stems else by_folded.get(start.casefold(), [])
            for owner in owners if FORCED.isdisjoint(tags) else ():
                found[owner].append(SideCar(file.name, tags))
            if owners:
                break
    return {stem: sorted(beside, key=lambda side_car: side_car.rank) for stem, beside in found.items()}


def _readings(stem: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The ways to read a subtitle file's stem as that of a media file and tags, of which at most one is a language."""
    tags: tuple[str, ...] = ()
    languages = 0
    while stem:
        yield stem, tags
        stem, _, tag = stem.rpartition(".")
        tag = tag.lower()
        languages += tag not in MARKS
        if languages > 1 or not (tag in MARKS or is_language(tag)):
            return
        tags = (tag, *tags)
