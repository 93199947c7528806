"""The identity of a library: its folder, and what made it. Stored in library.json."""

from __future__ import annotations

import importlib.util
import json
import math
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hearsight.errors import HearsightError
from hearsight.library.tables.containment import check_contained, read_text
from hearsight.library.tables.errors import DamagedError
from hearsight.library.tables.locations import (
    HIDDEN,
    absolute_folder,
    absolute_location,
    index_folder,
    resolve_paths,
)
from hearsight.media.track_choice import TrackChoice
from hearsight.models.catalog import NONE, SENSES
from hearsight.util.atomic import write_atomic
from hearsight.util.extras import install_command

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel

FORMAT = 5
OLDEST = 2  # format that can be read
CUTS = {"window": "windows of {:g} s", "shots": "shots, long ones in windows of {:g} s", "file": "whole files"}
NAMES = ("folder", "model", "fingerprint", "method", "by")
OPTIONAL_NAMES = ("towers", "recogniser", "meaning", "sound", "reader")
TABLE = re.compile(r"(clips|features)[\w-]*", re.ASCII)  # never a path: a stranger's file may name it
LANGUAGE = re.compile("[a-z]{2,3}")  # its code
SHORTEST_CLIP = 0.5  # seconds; shorter clips have no picture of their own, and hardly a word


@dataclass(frozen=True)
class Identity:
    """The folder of a library, and what made it: its vectors mean nothing to another model.

    folder: the folder of the videos, relative to the library if that is inside it, so that both can be moved together;
    else absolute. by, seconds: how files are cut. towers: the fingerprint of the towers whose features are stored; None
    if none are. features: the table of these; None for "features". clips: the table with the model's vectors. former:
    the previous one, which running searches may read.
    recogniser: the name of the chosen speech recogniser; None if none was chosen. meaning: the name of the expert for
    what is said, or "none" (experts/registry.py); None for the default. sound: the name of the sound expert
    (experts/sound_registry.py), or "none"; None for none. reader: the name of what reads text in pictures
    (ocr/load.py), or "none"; None for none. missing: the names of experts, by sense, that were chosen and
    could not be downloaded; later updates add them. None for none. audio_track, audio_language: which sound track of a
    file is heard (`TrackChoice`). pictures: whether pictures are indexed, besides videos and sounds; None if nobody was
    asked, in a library that is older than that.
    """

    folder: str
    model: str
    fingerprint: str
    method: str
    frames: int
    width: int
    by: str
    seconds: float
    towers: str | None = None
    clips: str = "clips"
    former: str | None = None
    recogniser: str | None = None
    meaning: str | None = None
    sound: str | None = None
    reader: str | None = None
    missing: dict[str, str] | None = field(default=None, hash=False)
    audio_track: int | None = None
    audio_language: str | None = None
    pictures: bool | None = None
    features: str | None = None
    format: int = FORMAT

    @property
    def track_choice(self) -> TrackChoice:
        """Which sound track of a file is heard."""
        return TrackChoice(self.audio_track, self.audio_language)

    @property
    def indexes_pictures(self) -> bool:
        """Whether an update indexes pictures: if they are wanted, and if a model or a reader of text looks at them."""
        sees = "seen" in SENSES.get(self.method, ("seen",))
        return bool(self.pictures) and (sees or self.reader not in (None, NONE))

    @property
    def cutting(self) -> str:
        """A description of how files are cut."""
        return cutting(self.by, self.seconds)

    def check_cutting(self) -> None:
        """Raise HearsightError for an unknown way of cutting."""
        if self.by not in CUTS:
            raise HearsightError(f"cannot cut by '{self.by}'; choose window, shots or file")
        if not (math.isfinite(self.seconds) and self.seconds >= SHORTEST_CLIP):
            raise HearsightError(f"cannot cut clips of {self.seconds:g} s; give a length of {SHORTEST_CLIP} or more")
        if self.by == "shots" and importlib.util.find_spec("scenedetect") is None:
            raise HearsightError(
                f"cannot cut by shots: PySceneDetect is missing; install it: {install_command('shots')}"
            )

    def check_folder(self, location: Path, folder: Path) -> None:
        """Raise HearsightError if the library is that of another folder that still exists.

        An update would otherwise take every indexed video for deleted, and a search would show files that are not
        there. If the library's folder is gone, it may have been moved.
        """
        recorded = absolute_folder(location, self.folder)
        if recorded.is_dir() and not recorded.samefile(folder):
            raise HearsightError(
                f"the library at {location} is that of {recorded}, not of {folder}; name the one that belongs to it, "
                "or index the other one elsewhere, or here with --rebuild"
            )

    def check_model(self, location: Path, model: VideoTextModel) -> None:
        """Raise HearsightError if another model made the library's vectors."""
        if model.fingerprint != self.fingerprint:
            raise HearsightError(
                f"the library at {location} was made with the model {self.model} ({self.method}, {self.fingerprint}), "
                f"not with {model.tokenizer.source} ({model.config.method}, {model.fingerprint}); give that one, or "
                "change the library's model with: hearsight index FOLDER --model NAME"
            )

    def check_features(self, location: Path) -> None:
        """Raise HearsightError if no features are kept."""
        if self.towers is None:
            raise HearsightError(
                f"the library at {location} has kept no features of its clips; change its model by reading the files "
                "again: hearsight index FOLDER --model NAME (and --keep-features, to be quicker the next time)"
            )

    def write(self, location: Path) -> None:
        values = {name: value for name, value in asdict(self).items() if value is not None}
        write_atomic(location / "library.json", json.dumps(values, indent=2) + "\n")

    @classmethod
    def read(cls, location: Path, rebuild: bool = False) -> Identity | None:
        """Read library.json. Return None if there is no library.

        rebuild: return None for a damaged one, too, since it will be replaced.
        Raises DamagedError, or HearsightError for one that cannot be accessed, or could lead out of its folder.
        """
        check_contained(location)
        try:
            return cls._read(location)
        except DamagedError:
            if rebuild:
                return None
            raise

    @classmethod
    def _read(cls, location: Path) -> Identity | None:
        try:
            values = json.loads(read_text(location / "library.json"))
            if values["format"] > FORMAT:
                raise HearsightError(
                    f"the library at {location} was made by a newer Hearsight (format {values['format']}; this one "
                    f"reads up to {FORMAT}); use that one, or keep another library elsewhere (--library)"
                )
            if values["format"] < OLDEST:
                raise DamagedError(
                    f"the library at {location} was made by an old Hearsight; index again with --rebuild"
                )
            _check_values(values)
            return cls(**{**values, "format": FORMAT})
        except FileNotFoundError:
            return None
        except NotADirectoryError as error:
            raise HearsightError(
                f"a file stands where the folder {location} should be; remove it, or use another folder (--library)"
            ) from error
        except OSError as error:
            raise HearsightError(
                f"cannot read the library at {location}: {error.strerror}; check the disk and its permissions"
            ) from error
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise DamagedError(f"the library at {location} is damaged ({error}); index again with --rebuild") from error


def _check_values(values: dict[str, Any]) -> None:
    """Raise TypeError or ValueError for values of library.json that have another type, or lead out of its folder."""
    for name in (*NAMES, *OPTIONAL_NAMES):
        if not isinstance(values.get(name), str) and (name in NAMES or values.get(name) is not None):
            raise TypeError(f"{name} is no name")
    for name in ("clips", "former", "features"):
        if (table := values.get(name)) is not None and not TABLE.fullmatch(table):
            raise ValueError(f"{name} names no table")
    missing = values.get("missing") or {}
    if not isinstance(missing, dict) or not all(isinstance(name, str) for name in missing.values()):
        raise TypeError("missing has no names")
    number, language = values.get("audio_track"), values.get("audio_language")
    if not (number is None or (type(number) is int and number > 0)):
        raise TypeError("audio_track is no number of a sound track")
    if not (language is None or (isinstance(language, str) and LANGUAGE.fullmatch(language))):
        raise TypeError("audio_language is no language")
    if not isinstance(values.get("pictures"), bool | None):
        raise TypeError("pictures is neither true nor false")
    if values["by"] not in CUTS or not isinstance(values["seconds"], int | float):
        raise ValueError("by and seconds are no way to cut")


def cutting(by: str, seconds: float) -> str:
    """Describe how files are cut into clips."""
    return CUTS[by].format(seconds)


def find_library(folder: str | Path | None = None, library: str | Path | None = None) -> tuple[Path, Path, Identity]:
    """Find an existing library. Return its folder of videos, its location and its identity.

    folder: the indexed folder; None for the folder that the index records, or, without `library`, the current one.
    library: the folder of the index, or one that holds a `.hearsight`; None for `.hearsight` in the folder.
    Raises HearsightError if there is none, or if it is that of another folder.
    """
    if library is not None:
        library = location = index_folder(absolute_location(library))
        if folder is None:
            if identity := Identity.read(location):
                folder = absolute_folder(location, identity.folder)
                if location.name == HIDDEN and folder != location.parent.resolve():
                    raise HearsightError(
                        f"the index at {location} says that it is of another folder, {folder}; if that is right, name "
                        "the folder, too"
                    )
                return folder, location, identity
            raise HearsightError(
                f"there is no library at {location}; make it with: hearsight index FOLDER --library {location}"
            )
    folder, location = resolve_paths("." if folder is None else folder, library)
    if identity := Identity.read(location):
        identity.check_folder(location, folder)
        return folder, location, identity
    raise HearsightError(f"{folder} is not indexed (nothing at {location}); run: hearsight index {folder}")
