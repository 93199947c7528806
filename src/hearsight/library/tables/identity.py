"""What a library was made of and with: its library.json."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.util.atomic import write_atomic
from hearsight.util.extras import install_command
from hearsight.util.object_store import SCHEMES, ObjectPath, as_path

FORMAT = 4
OLDEST = 2  # that can still be read
HIDDEN = ".hearsight"  # in the folder of its videos: where a library is, unless it is elsewhere
UNKEPT = re.compile(r"[?\x00-\x1f\x7f\ud800-\udfff]")  # LanceDB reads a path as an address, in UTF-8
# Seconds; shorter clips have no picture of their own, and hardly a word.
SHORTEST_CLIP = 0.5


class DamagedError(HearsightError):
    """A library that can only be made anew."""


class UnreadableError(HearsightError):
    """A library that cannot be read now, though it could be before: it is damaged, or being made anew."""


@dataclass(frozen=True)
class Identity:
    """The folder of a library, and what it was made with: its vectors mean nothing to another model.

    folder: where the videos are, seen from the library if it is inside of that folder, so that both can be moved as
    one; absolute else. towers: the fingerprint of those whose features are kept; None where none are. clips: the name
    of the table with the model's vectors. former: of the one before, which searches that run may still read.
    recogniser: of speech, by the name that a person chose; None where none was chosen.
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
        """How files are cut, in words."""
        return cutting(self.by, self.seconds)

    def check_cutting(self) -> None:
        """Raises HearsightError for a way of cutting that there is not."""
        if self.by not in ("window", "shots", "file"):
            raise HearsightError(f"cannot cut by '{self.by}'; choose window, shots or file")
        if not (math.isfinite(self.seconds) and self.seconds >= SHORTEST_CLIP):
            raise HearsightError(f"cannot cut clips of {self.seconds:g} s; give a length of {SHORTEST_CLIP} or more")
        if self.by == "shots" and importlib.util.find_spec("scenedetect") is None:
            raise HearsightError(
                f"cannot cut by shots: PySceneDetect is missing; install it: {install_command('shots')}"
            )

    def check_folder(self, at: Path, folder: Path) -> None:
        """Raises HearsightError for another folder than the library is of, unless that is gone: it may have been moved.

        Else an update would take all that is known for deleted, and a search show files that are not there.
        """
        before = folder_of(at, self)
        if before.is_dir() and not before.samefile(folder):
            raise HearsightError(
                f"the library at {at} is that of {before}, not of {folder}; name the one that belongs to it, or index "
                "the other one elsewhere, or here with --rebuild"
            )

    def write(self, at: Path) -> None:
        write_atomic(at / "library.json", json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, at: Path) -> Identity | None:
        """None if there is no library. Raises DamagedError, or HearsightError for one that cannot be got at."""
        try:
            told = json.loads((at / "library.json").read_text())
            if told["format"] > FORMAT:
                raise HearsightError(
                    f"the library at {at} was made by a newer Hearsight (format {told['format']}; this one reads up to "
                    f"{FORMAT}); use that one, or keep another library elsewhere (--library)"
                )
            if told["format"] < OLDEST:
                raise DamagedError(f"the library at {at} was made by an old Hearsight; index again with --rebuild")
            return cls(**{**told, "format": FORMAT})
        except FileNotFoundError:
            return None
        except NotADirectoryError as error:
            raise HearsightError(
                f"a file stands where the folder {at} should be; take it away, or use another (--library)"
            ) from error
        except OSError as error:
            raise HearsightError(
                f"cannot read the library at {at}: {error.strerror}; check the disk and its permissions"
            ) from error
        except (ValueError, TypeError, KeyError) as error:
            raise DamagedError(f"the library at {at} is damaged ({error}); index again with --rebuild") from error

    @classmethod
    def known(cls, at: Path, rebuild: bool) -> Identity | None:
        """As `read`; but a damaged one is no obstacle to making it anew, and None then."""
        try:
            return cls.read(at)
        except DamagedError:
            if rebuild:
                return None
            raise


def cutting(by: str, seconds: float) -> str:
    """How files are cut, in words."""
    return {
        "window": f"windows of {seconds:g} s",
        "shots": f"shots, long ones in windows of {seconds:g} s",
        "file": "whole files",
    }[by]


def absolute(path: Path) -> Path:
    """The same place from anywhere. Links keep their names, but for one that is left by `..`."""
    with suppress(RuntimeError):  # no such user: it is called so
        path = path.expanduser()
    return path.resolve() if ".." in path.parts else path.absolute()


def kept_at(at: Path) -> Path:
    """Where a library is said to be kept, absolute. Raises HearsightError for an object store, which has no locks."""
    if str(address := ObjectPath(at)).startswith(SCHEMES):  # of which a Path keeps one slash
        raise HearsightError(f"no index can be kept in an object store ({address}); say where on a disk: --library")
    return absolute(at)


def usual_place(folder: Path) -> Path:
    """Where the library of a folder is kept if nothing else is said. Raises HearsightError for an object store."""
    if isinstance(folder, ObjectPath):
        raise HearsightError(f"the index of {folder} needs a place on a disk: say where, with --library FOLDER")
    return folder / HIDDEN


def folder_as_seen_from(at: Path, folder: Path) -> str:
    """What `Identity.folder` says of an absolute folder."""
    real_at, real_folder = at.resolve(), folder.resolve()
    if real_at.is_relative_to(real_folder):
        return "/".join([".."] * len(real_at.relative_to(real_folder).parts))
    return str(folder)


def folder_of(at: Path, identity: Identity) -> Path:
    """The absolute folder of the videos of the library that is kept at `at`."""
    folder = as_path(identity.folder)
    if isinstance(folder, ObjectPath):
        return folder
    return Path(os.path.normpath(at.resolve() / identity.folder))


def places(folder: Path, at: Path | None) -> tuple[Path, Path]:
    """A folder of videos and where its library is kept, both absolute. Raises HearsightError where they cannot be."""
    folder = absolute(folder)
    at = usual_place(folder) if at is None else kept_at(at)
    if not folder.is_dir():
        raise HearsightError(f"no folder {folder}; give the folder that has the videos")
    if at.resolve() == folder.resolve():
        raise HearsightError(f"{at} has the videos; give --library a folder of its own, or leave it out")
    if bad := UNKEPT.search(str(at)):
        raise HearsightError(
            f"no index can be kept at {str(at)!r}, for the character {bad[0]!r} in it; "
            "keep it elsewhere (--library FOLDER), or rename the folder"
        )
    return folder, at
