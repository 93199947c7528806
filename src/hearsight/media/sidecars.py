"""Match subtitle files to media files: film.srt, film.en-US.sdh.vtt, Subs/film.srt, Subs/film/2_English.srt.

People and programs put them beside the film, or into a folder of their own beside it.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from hearsight.media.languages import is_language, language_code
from hearsight.media.suffixes import MEDIA_SUFFIXES

# As FFmpeg calls them, the best first.
FORMATS = {".srt": "srt", ".vtt": "webvtt", ".ass": "ass", ".ssa": "ass", ".sbv": "srt", ".smi": "sami"}
PICTURE_FORMATS = frozenset([".idx", ".sub", ".sup"])  # subtitles as pictures, of DVDs and Blu-rays
SUFFIXES = (*FORMATS, *sorted(PICTURE_FORMATS))
FOLDERS = frozenset(["subs", "sub", "subtitles", "subtitle", "captions"])  # beside a film, whatever the case

# Between a film's name and the suffix there may be a language and, as media players have it, some of these marks.
HARD_OF_HEARING = "hi"
FORCED = frozenset(["forced", "foreign", "signs"])
MARKS = FORCED | {HARD_OF_HEARING, "brazil", "cc", "default", "full", "sdh", "simplified", "traditional"}
SPACING = " ._-\u2010\u2011\u2012\u2013\u2014\u2015"
JOINT = re.compile(r"[ ._\u2010-\u2015-][(\[]?|[(\[]")  # before a tag, as in film.en, film_en, "film (English)"

# Nanoseconds. A folder that changed more recently may change again without a change of its time stamp.
SETTLED = 3 * 10**9


@dataclass(frozen=True)
class Sidecar:
    """A subtitle file: its name in the folder, and the tags between the film's name and the suffix, lower-case."""

    name: str
    tags: tuple[str, ...]

    @property
    def suffix(self) -> str:
        """Return the suffix, one of SUFFIXES."""
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
        form = SUFFIXES.index(self.suffix)
        return self.suffix in PICTURE_FORMATS, bool(self.tags), not english, self.tags, form, self.name


def find_sidecars(path: Path) -> list[Sidecar]:
    """Return the subtitle files of a media file, best first (`sidecars_by_stem`).

    Folders are listed again only if they have changed.
    """
    folder = path.parent
    try:
        changed = folder.stat().st_mtime_ns
        listing = _cached(folder, changed) if _is_settled(changed) else _list(folder)
        if listing.nested != _changes(folder, listing.nested) or not all(map(_is_settled, listing.nested.values())):
            listing = _list(folder)
    except OSError:
        return []
    return [sidecar for sidecar in listing.sidecars.get(path.stem, ()) if (folder / sidecar.name).is_file()]


def match_sidecars(path: Path, files: Iterable[Path]) -> list[Sidecar]:
    """Return those of these files that are subtitles of a media file, best first; no folder is read."""
    names = [file.relative_to(path.parent).as_posix() for file in files]
    return sidecars_by_stem([path.name, *names]).get(path.stem, [])


def nested_names(folder: Path, folders: Iterable[str]) -> list[str]:
    """Return the names of the files in folders for subtitles, which may have one for each film.

    What cannot be listed has no subtitles.
    """
    names = list[str]()
    for name in folders:
        with suppress(OSError):
            for entry in sorted((folder / name).iterdir()):
                files = sorted(entry.iterdir()) if entry.is_dir() else [entry]
                names += [file.relative_to(folder).as_posix() for file in files]
    return names


@dataclass(frozen=True)
class Listing:
    """The subtitle files of a folder by `sidecars_by_stem`, and when each of its folders for subtitles has changed."""

    sidecars: dict[str, list[Sidecar]]
    nested: dict[str, int]


@lru_cache(maxsize=4)
def _cached(folder: Path, changed: int) -> Listing:
    return _list(folder)


def _list(folder: Path) -> Listing:
    entries = list(folder.iterdir())
    nested = [entry.name for entry in entries if entry.name.casefold() in FOLDERS and entry.is_dir()]
    changes = _changes(folder, nested)
    return Listing(sidecars_by_stem([*(entry.name for entry in entries), *nested_names(folder, nested)]), changes)


def _changes(folder: Path, nested: Iterable[str]) -> dict[str, int]:
    return {name: (folder / name).stat().st_mtime_ns for name in nested}


def _is_settled(changed: int) -> bool:
    return time.time_ns() - changed > SETTLED


def sidecars_by_stem(names: Iterable[str]) -> dict[str, list[Sidecar]]:
    """Return the subtitle files among the names in a folder, by the stem of the media file that they belong to.

    names: of files in the folder, and in its folders for subtitles ("Subs/film.srt", "Subs/film/2_English.srt"). A file
    belongs to the longest stem that its name can begin with. So film.2.srt never belongs to film.mp4 (2 is no
    language), and film.it.srt is the Italian one of film.mp4 only if there is no film.it.mp4. Case does not count,
    unless media files differ in nothing else. Files in a folder for subtitles that are called only by a language belong
    to the film of that folder, or to the only film. The order is: the bare name, English, then the others by alphabet.
    Forced subtitles belong to no file: they leave out everything that is said in the film's own language.
    """
    files = [PurePath(name) for name in names]
    stems = {file.stem for file in files if file.suffix.lower() in MEDIA_SUFFIXES and len(file.parts) == 1}
    by_folded: defaultdict[str, list[str]] = defaultdict(list)
    for file in files:
        if file.stem in stems and file.suffix.lower() in MEDIA_SUFFIXES and len(file.parts) == 1:
            for name in {_folded(file.stem), _folded(file.name)}:  # film.srt, and film.mp4.srt
                by_folded[name].append(file.stem)
    sidecars: defaultdict[str, list[Sidecar]] = defaultdict(list)
    for file in files:
        if file.suffix.lower() not in SUFFIXES or not _may_be_there(file):
            continue
        for start, tags in _readings(file, stems):
            owners = [start] if start in stems else dict.fromkeys(by_folded.get(_folded(start), []))
            for owner in owners if FORCED.isdisjoint(tags) else ():
                sidecars[owner].append(Sidecar(file.as_posix(), tags))
            if owners:
                break
    return {stem: sorted(matches, key=lambda sidecar: sidecar.sort_key) for stem, matches in sidecars.items()}


def _folded(name: str) -> str:
    """Return a name as other file systems and programs may write it: in another case, its accents apart."""
    return unicodedata.normalize("NFC", name).casefold()


def _may_be_there(file: PurePath) -> bool:
    return len(file.parts) == 1 or (file.parts[0].casefold() in FOLDERS and len(file.parts) <= 3)


def _readings(file: PurePath, stems: Collection[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the ways to split a subtitle file's name into the stem of a media file and tags, at most one a language."""
    tags: tuple[str, ...] = ()
    languages = 0
    stem = file.stem
    while stem:
        yield stem, tags
        if tags:
            yield stem.rstrip(SPACING), tags  # "film - English"
        stem, tag = _split_tag(stem)
        languages += tag not in MARKS
        if not tag or languages > 1:
            break
        tags = (tag, *tags)
    if len(file.parts) > 1 and (named := tuple(_tags(file.stem))):
        film = file.parts[-2] if len(file.parts) > 2 else next(iter(stems)) if len(stems) == 1 else ""
        yield film, named


def _split_tag(stem: str) -> tuple[str, str]:
    """Return a stem without the tag at its end, and the tag in lower case; "" if there is none."""
    for joint in list(JOINT.finditer(stem))[-3:]:  # three, as a tag may have two: zh-Hant-TW
        tag = stem[joint.end() :].rstrip(")]").lower()
        is_code = joint[0] == "." and is_language(tag)  # any three letters: after other joints they may be a word
        if joint.start() and (tag in MARKS or language_code(tag) or is_code):
            return stem[: joint.start()], tag
    return stem, ""


def _tags(stem: str) -> Iterator[str]:
    """Yield the tags of a name that has nothing else but numbers: English, 2_English, 3_eng,SDH."""
    tags = [tag for tag in re.split(r"[^\w-]|_", stem.lower()) if tag and not tag.isdecimal()]
    if all(tag in MARKS or language_code(tag) for tag in tags):
        yield from tags
