"""The identity of a library: its folder, and what made it. Stored in library.json."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hearsight.errors import HearsightError
from hearsight.util.atomic import write_atomic
from hearsight.util.extras import install_command
from hearsight.util.object_store import SCHEMES, ObjectPath, as_path

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel

FORMAT = 4
OLDEST = 2  # format that can be read
HIDDEN = ".hearsight"  # the default folder of a library, inside that of its videos
UNUSABLE = re.compile(r"[?\x00-\x1f\x7f\ud800-\udfff]")  # LanceDB reads a path as an address, in UTF-8
SHORTEST_CLIP = 0.5  # seconds; shorter clips have no picture of their own, and hardly a word


class DamagedError(HearsightError):
    """A library that can only be made anew."""


class UnreadableError(HearsightError):
    """A library that cannot be read now, though it could be before: it is damaged, or being rebuilt."""


@dataclass(frozen=True)
class Identity:
    """The folder of a library, and what made it: its vectors mean nothing to another model.

    folder: the folder of the videos, relative to the library if that is inside it, so that both can be moved together;
    else absolute. by, seconds: how files are cut. towers: the fingerprint of the towers whose features are stored; None
    if none are. clips: the table with the model's vectors. former: the previous one, which running searches may read.
    recogniser: the name of the chosen speech recogniser; None if none was chosen.
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
    format: int = FORMAT

    @property
    def cutting(self) -> str:
        """A description of how files are cut."""
        return cutting(self.by, self.seconds)

    def check_cutting(self) -> None:
        """Raise HearsightError for an unknown way of cutting."""
        if self.by not in ("window", "shots", "file"):
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
        recorded = folder_of(location, self)
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
                "make the library anew with --rebuild"
            )

    def check_features(self, location: Path) -> None:
        """Raise HearsightError if no features are kept."""
        if self.towers is None:
            raise HearsightError(
                f"the library at {location} has kept no features of its clips; to change its model, make it anew with: "
                "hearsight index --rebuild --model NAME (and --keep-features, to be quicker the next time)"
            )

    def write(self, location: Path) -> None:
        write_atomic(location / "library.json", json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, location: Path, rebuild: bool = False) -> Identity | None:
        """Read library.json. Return None if there is no library.

        rebuild: return None for a damaged one, too, since it will be replaced.
        Raises DamagedError, or HearsightError for one that cannot be accessed.
        """
        try:
            return cls._read(location)
        except DamagedError:
            if rebuild:
                return None
            raise

    @classmethod
    def _read(cls, location: Path) -> Identity | None:
        try:
            values = json.loads((location / "library.json").read_text())
            if values["format"] > FORMAT:
                raise HearsightError(
                    f"the library at {location} was made by a newer Hearsight (format {values['format']}; this one "
                    f"reads up to {FORMAT}); use that one, or keep another library elsewhere (--library)"
                )
            if values["format"] < OLDEST:
                raise DamagedError(
                    f"the library at {location} was made by an old Hearsight; index again with --rebuild"
                )
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
        except (ValueError, TypeError, KeyError) as error:
            raise DamagedError(f"the library at {location} is damaged ({error}); index again with --rebuild") from error


def cutting(by: str, seconds: float) -> str:
    """Describe how files are cut into clips."""
    return {
        "window": f"windows of {seconds:g} s",
        "shots": f"shots, long ones in windows of {seconds:g} s",
        "file": "whole files",
    }[by]


def absolute(path: Path) -> Path:
    """Return the same place as an absolute path. Links keep their names, except one that `..` leaves."""
    with suppress(RuntimeError):  # no such user: the folder's name begins with a tilde
        path = path.expanduser()
    return path.resolve() if ".." in path.parts else path.absolute()


def absolute_location(location: str | Path) -> Path:
    """Return the absolute folder of an index. Raises HearsightError for an object store, which has no locks."""
    if str(address := ObjectPath(location)).startswith(SCHEMES):  # a Path keeps one slash of the scheme's two
        raise HearsightError(f"no index can be kept in an object store ({address}); say where on a disk: --library")
    return absolute(Path(location))


def default_location(folder: Path) -> Path:
    """Return where a folder's index is kept by default. Raises HearsightError for an object store."""
    if isinstance(folder, ObjectPath):
        raise HearsightError(f"the index of {folder} needs a place on a disk: say where, with --library FOLDER")
    return folder / HIDDEN


def relative_folder(location: Path, folder: Path) -> str:
    """Return what `Identity.folder` records for an absolute folder."""
    real_location, real_folder = location.resolve(), folder.resolve()
    if real_location.is_relative_to(real_folder):
        return "/".join([".."] * len(real_location.relative_to(real_folder).parts))
    return str(folder)


def folder_of(location: Path, identity: Identity) -> Path:
    """Return the absolute folder of the videos of the library at `location`."""
    folder = as_path(identity.folder)
    if isinstance(folder, ObjectPath):
        return folder
    return Path(os.path.normpath(location.resolve() / identity.folder))


def resolve_paths(folder: str | Path, location: str | Path | None) -> tuple[Path, Path]:
    """Return a folder of videos and the folder of its index, both absolute.

    Raises HearsightError if there is no such folder, or if no index can be kept there.
    """
    folder = absolute(folder if isinstance(folder, Path) else as_path(folder))
    location = default_location(folder) if location is None else absolute_location(location)
    if not folder.is_dir():
        raise HearsightError(f"no folder {folder}; give the folder that has the videos")
    if location.resolve() == folder.resolve():
        raise HearsightError(f"{location} has the videos; give --library a folder of its own, or leave it out")
    if bad := UNUSABLE.search(str(location)):
        raise HearsightError(
            f"no index can be kept at {str(location)!r}, for the character {bad[0]!r} in it; "
            "keep it elsewhere (--library FOLDER), or rename the folder"
        )
    return folder, location


def find_library(folder: str | Path | None = None, library: str | Path | None = None) -> tuple[Path, Path, Identity]:
    """Find an existing library. Return its folder of videos, its location and its identity.

    folder: the indexed folder; None for the folder that the index records, or, without `library`, the current one.
    library: the folder of the index, or one that holds a `.hearsight`; None for `.hearsight` in the folder.
    Raises HearsightError if there is none, or if it is that of another folder.
    """
    if library is not None:
        location = absolute_location(library)
        if not (location / "library.json").exists() and (location / HIDDEN / "library.json").exists():
            library = location = location / HIDDEN
        if folder is None:
            if identity := Identity.read(location):
                return folder_of(location, identity), location, identity
            raise HearsightError(
                f"there is no library at {location}; make it with: hearsight index FOLDER --library {location}"
            )
    folder, location = resolve_paths("." if folder is None else folder, library)
    if identity := Identity.read(location):
        identity.check_folder(location, folder)
        return folder, location, identity
    raise HearsightError(f"{folder} is not indexed (nothing at {location}); run: hearsight index {folder}")
