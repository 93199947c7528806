"""Match subtitle files to the media files of a folder: film.srt, film.de.srt, film.en-US.forced.vtt."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from hearsight.media.languages import is_language, language_code
from hearsight.media.suffixes import MEDIA_SUFFIXES

FORMATS = {".srt": "srt", ".vtt": "webvtt", ".ass": "ass"}

# Between a film's name and the suffix there may be a language and, as media players have it, some of these marks.
HARD_OF_HEARING = "hi"
FORCED = frozenset(["forced", "foreign"])
MARKS = FORCED | {HARD_OF_HEARING, "cc", "default", "sdh"}

# Nanoseconds. A folder that changed more recently may change again without a change of its time stamp.
SETTLED = 3 * 10**9


@dataclass(frozen=True)
class Sidecar:
    """A subtitle file: its name in the folder, and the tags between the film's name and the suffix, lower-case."""

    name: str
    tags: tuple[str, ...]

    @property
    def suffix(self) -> str:
        """Return the suffix, one of FORMATS."""
        return PurePath(self.name).suffix.lower()

    @property
    def language(self) -> str | None:
        """Return the two-letter code; None if the name has no known language."""
        languages = [tag for tag in self.tags if tag not in MARKS]
        if not languages and HARD_OF_HEARING in self.tags:
            return "hi"  # Hindi, for film.hi.srt; for the hard of hearing in film.en.hi.srt
        return language_code(languages[0]) if languages else None

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """Return a key that sorts the best one first."""
        english = self.language == "en"
        return bool(self.tags), not english, self.tags, list(FORMATS).index(self.suffix), self.name


def find_sidecars(path: Path) -> list[Sidecar]:
    """Return the subtitle files of a media file, best first (`sidecars_by_stem`).

    A folder is listed again only if it has changed.
    """
    folder = path.parent
    try:
        changed = folder.stat().st_mtime_ns
        matches = _cached(folder, changed) if time.time_ns() - changed > SETTLED else _list(folder)
    except OSError:
        return []
    return [sidecar for sidecar in matches.get(path.stem, ()) if (folder / sidecar.name).is_file()]


def match_sidecars(path: Path, files: Iterable[Path]) -> list[Sidecar]:
    """Return those of these files that are subtitles of a media file, best first; the folder is not read."""
    return sidecars_by_stem([path.name, *(file.name for file in files)]).get(path.stem, [])


@lru_cache(maxsize=4)
def _cached(folder: Path, changed: int) -> dict[str, list[Sidecar]]:
    return _list(folder)


def _list(folder: Path) -> dict[str, list[Sidecar]]:
    return sidecars_by_stem(entry.name for entry in folder.iterdir())


def sidecars_by_stem(names: Iterable[str]) -> dict[str, list[Sidecar]]:
    """Return the subtitle files among the names in a folder, by the stem of the media file that they belong to.

    A file belongs to the longest stem that its name can begin with. So film.2.srt never belongs to film.mp4 (2 is no
    language), and film.it.srt is the Italian one of film.mp4 only if there is no film.it.mp4. Case does not count,
    unless media files differ in nothing else. The order is: the bare name, English, then the others by alphabet. Forced
    subtitles belong to no file: they leave out everything that is said in the film's own language.
    """
    files = [PurePath(name) for name in names]
    stems = {file.stem for file in files if file.suffix.lower() in MEDIA_SUFFIXES}
    by_folded: defaultdict[str, list[str]] = defaultdict(list)
    for stem in stems:
        by_folded[stem.casefold()].append(stem)
    sidecars: defaultdict[str, list[Sidecar]] = defaultdict(list)
    for file in files:
        if file.suffix.lower() not in FORMATS:
            continue
        for start, tags in _readings(file.stem):
            owners = [start] if start in stems else by_folded.get(start.casefold(), [])
            for owner in owners if FORCED.isdisjoint(tags) else ():
                sidecars[owner].append(Sidecar(file.name, tags))
            if owners:
                break
    return {stem: sorted(matches, key=lambda sidecar: sidecar.sort_key) for stem, matches in sidecars.items()}


def _readings(stem: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the ways to split a subtitle file's stem into that of a media file and tags, at most one a language."""
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
