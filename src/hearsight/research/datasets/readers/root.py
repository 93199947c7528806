"""The folder that a data set was put in. Everyone puts the same files in slightly different places below it."""

from __future__ import annotations

import os
from collections import defaultdict
from functools import cached_property
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.media.probe import MEDIA_SUFFIXES, SOUND_SUFFIXES
from hearsight.research.datasets.readers.parse import expected, whole_json

OUTPUT_FOLDER = "hearsight"  # in the folder of a data set: what `hearsight data check` writes


class Root:
    """The files below a folder, by name. Walked once."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise HearsightError(f"no folder {folder}; give the one that the data set was unpacked in")
        self.folder = folder

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        """By name; of each name, those nearest to the root first."""
        found: dict[str, list[Path]] = defaultdict(list)
        walked: set[Path] = set()  # links may lead in circles
        for at, folders, names in os.walk(self.folder, followlinks=True):
            if (real := Path(at).resolve()) in walked:
                folders.clear()
                continue
            walked.add(real)
            skipped = OUTPUT_FOLDER if Path(at) == self.folder else None
            folders[:] = sorted(name for name in folders if name != skipped and not name.startswith("."))
            for name in sorted(names):
                if (path := Path(at, name)).is_file():  # else a link that leads nowhere
                    found[name].append(path)
        for paths in found.values():
            paths.sort(key=lambda path: (len(path.parts), path))
        return found

    @cached_property
    def _media(self) -> dict[str, Path]:
        """By name without suffix; videos before sounds of the same name."""
        found: dict[str, Path] = {}
        for path, *_ in self._files.values():
            if path.suffix.lower() in MEDIA_SUFFIXES:
                known = found.get(path.stem)
                if known is None or (is_sound(known) and not is_sound(path)):
                    found[path.stem] = path
        return found

    def media(self, stem: str) -> Path | None:
        """The video or sound file of a name without its suffix."""
        return self._media.get(stem)

    def annotation(self, name: str) -> Path:
        """The file of that name, wherever it is. Raises HearsightError where there is none."""
        if name not in self._files:
            raise HearsightError(f"no {name} below {self.folder}; put the data set's annotation files there")
        return self._files[name][0]

    @cached_property
    def transcripts(self) -> dict[str, str]:
        """What is said, by clip, in SAVE's files (docs/reference.md section 11); {} where there are none."""
        found = {}
        for name in sorted(self._files):
            if name.endswith("asr_text.json"):
                path = self.annotation(name)
                with expected(path, "a list of {key, text}"):
                    found.update({row["key"][: -len(".wav")]: row["text"] for row in whole_json(path)})
        return found


def is_sound(path: Path) -> bool:
    return path.suffix.lower() in SOUND_SUFFIXES
