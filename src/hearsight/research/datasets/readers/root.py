"""Find the files of a data set below its folder: people arrange the same files in slightly different ways."""

from __future__ import annotations

import os
from collections import defaultdict
from functools import cached_property
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.media.suffixes import MEDIA_SUFFIXES, SOUND_SUFFIXES
from hearsight.research.datasets.readers.parse import check_shape, read_json

OUTPUT_FOLDER = "hearsight"  # in the folder of a data set: what `hearsight data check` writes


class Root:
    """The files below a folder, by name. The folder is walked once."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise HearsightError(f"no folder {folder}; give the folder that the data set was unpacked in")
        self.folder = folder

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        """The files of each name, those nearest to the root first."""
        files: dict[str, list[Path]] = defaultdict(list)
        walked: set[Path] = set()  # links may lead in circles
        for parent, folders, names in os.walk(self.folder, followlinks=True):
            if (real := Path(parent).resolve()) in walked:
                folders.clear()
                continue
            walked.add(real)
            skipped = OUTPUT_FOLDER if Path(parent) == self.folder else None
            folders[:] = sorted(name for name in folders if name != skipped and not name.startswith("."))
            for name in sorted(names):
                if (path := Path(parent, name)).is_file():  # else a link that leads nowhere
                    files[name].append(path)
        for paths in files.values():
            paths.sort(key=lambda path: (len(path.parts), path))
        return files

    @cached_property
    def _media(self) -> dict[str, Path]:
        """The media file of each name without its suffix; a video is preferred to a sound of the same name."""
        media: dict[str, Path] = {}
        for path, *_ in self._files.values():
            if path.suffix.lower() in MEDIA_SUFFIXES:
                first = media.get(path.stem)
                if first is None or (is_sound(first) and not is_sound(path)):
                    media[path.stem] = path
        return media

    def media(self, stem: str) -> Path | None:
        """Return the video or sound file of a name without its suffix, or None."""
        return self._media.get(stem)

    def annotation(self, name: str) -> Path:
        """Return the file of that name, in any folder below the root. Raises HearsightError if there is none."""
        if name not in self._files:
            raise HearsightError(f"no {name} below {self.folder}; put the data set's annotation files there")
        return self._files[name][0]

    @cached_property
    def transcripts(self) -> dict[str, str]:
        """The transcripts in SAVE's files (docs/reference.md section 11), by clip; {} if there are none."""
        transcripts = {}
        for name in sorted(self._files):
            if name.endswith("asr_text.json"):
                path = self.annotation(name)
                with check_shape(path, "a list of {key, text}"):
                    transcripts.update({row["key"][: -len(".wav")]: row["text"] for row in read_json(path)})
        return transcripts


def is_sound(path: Path) -> bool:
    """Return whether a path has the suffix of an audio file."""
    return path.suffix.lower() in SOUND_SUFFIXES
