"""What a library was made of and with: its library.json."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from hearsight.errors import HearsightError

FORMAT = 2


@dataclass(frozen=True)
class Identity:
    """The folder of a library, and what it was made with: its vectors mean nothing to another model.

    folder: where the videos are, seen from the library if it is inside of that folder, so that both can be moved as
    one; absolute else.
    """

    folder: str
    model: str
    fingerprint: str
    method: str
    frames: int
    width: int
    by: str
    seconds: float
    format: int = FORMAT

    def write(self, at: Path) -> None:
        unfinished = at / "library.json.part"
        unfinished.write_text(json.dumps(asdict(self), indent=2) + "\n")
        unfinished.replace(at / "library.json")

    @classmethod
    def read(cls, at: Path) -> Identity | None:
        """None if there is no library. Raises HearsightError for one that cannot be read."""
        try:
            told = json.loads((at / "library.json").read_text())
            if told["format"] != FORMAT:
                raise HearsightError(
                    f"the library at {at} was made by another version of Hearsight; index again with --rebuild"
                )
            return cls(**told)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise HearsightError(f"the library at {at} is damaged ({error}); index again with --rebuild") from error


def folder_as_seen_from(at: Path, folder: Path) -> str:
    """What `Identity.folder` says of an absolute folder."""
    real_at, real_folder = at.resolve(), folder.resolve()
    if real_at.is_relative_to(real_folder):
        return "/".join([".."] * len(real_at.relative_to(real_folder).parts))
    return str(folder)


def folder_of(at: Path, identity: Identity) -> Path:
    """The absolute folder of the videos of the library that is kept at `at`."""
    return Path(os.path.normpath(at.resolve() / identity.folder))
