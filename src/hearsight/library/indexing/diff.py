"""What changed in a folder since a library last looked."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Set
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from hearsight.library.indexing.scan import MediaEntry, Scan
from hearsight.library.tables.schema import Video

BLOCK = 1 << 16
BLOCKS = 16


@dataclass(frozen=True)
class Pending:
    """A file to index. replaces: the id of the video that was at its path with other content."""

    entry: MediaEntry
    replaces: str | None = None

    @property
    def path(self) -> str:
        return self.entry.path


@dataclass
class Changes:
    """unchanged: number of files. updated: rows of videos with their new paths or stats. dropped: ids. away: folders
    whose videos are missed, with the reason.
    """

    unchanged: int = 0
    updated: list[Video] = field(default_factory=list)
    moved: int = 0
    dropped: list[str] = field(default_factory=list)
    deleted: int = 0
    away: dict[str, str] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)


def content(entry: MediaEntry) -> str:
    """Fingerprint of a file and its subtitles: of their lengths and of blocks spread over them.

    Reads at most 1 MB a file. Raises OSError; subtitles that are gone or may not be read are no obstacle to the film.
    """
    with entry.file.open("rb", BLOCK) as file:
        return content_of(file, entry.side_cars)


def content_of(file: BinaryIO, side_cars: Iterable[Path]) -> str:
    """As `content`, of a file that is open."""
    digest = hashlib.blake2b(digest_size=16)
    _digest_file(digest, file)
    for side_car in side_cars:
        with suppress(FileNotFoundError, PermissionError), side_car.open("rb") as subtitles:
            _digest_file(digest, subtitles)
    return digest.hexdigest()


def _digest_file(digest: hashlib.blake2b, file: BinaryIO) -> None:
    size = file.seek(0, 2)
    digest.update(size.to_bytes(8, "little"))
    last = max(0, size - BLOCK)
    for start in sorted({last * i // (BLOCKS - 1) for i in range(BLOCKS)}):
        file.seek(start)
        digest.update(file.read(BLOCK))


def video_id(path: str, content: str, recogniser: str, taken: Set[str]) -> str:
    """The id of a file's video: the same when an interrupted run is taken up.

    taken: ids of other videos. A copy that stands where a file was moved away from would else have that file's id.
    """
    for turn in range(len(taken) + 1):
        text = "\0".join([path, content, recogniser, str(turn)])
        id = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        if id not in taken:
            return id
    raise AssertionError("more turns than ids that are taken")


def compare(scan: Scan, videos: Iterable[Video], failed: dict[str, str]) -> Changes:
    """Match the files of a folder with the videos of its library.

    failed: stat by path of files that failed before; they are tried again when they have changed. What could not be
    looked into keeps its videos, and so do folders that are away, if several videos are missed there that are nowhere
    else. A file is only opened if it could be one that is known: the size is that of a video whose own place is empty
    or has other content.
    """
    changes = Changes()
    files, videos = scan.files, list(videos)
    by_place = {(video.path, video.stat): video for video in videos}
    matched = {file.path: video for file in files if (video := by_place.get((file.path, file.stat)))}
    paths = {file.path for file in files}
    for video in videos:
        if video.path not in paths and any(_below(video.path, closed) for closed in scan.closed):
            matched[video.path] = video
    changes.unchanged = len(matched)
    matched_ids = {video.id for video in matched.values()}
    loose = {video.id: video for video in videos if video.id not in matched_ids}

    by_size: defaultdict[int, list[Video]] = defaultdict(list)
    for video in loose.values():
        by_size[video.size].append(video)
    recorded_paths = {video.path for video in loose.values()}
    unknown = []
    # Files that stand where they stood come first: a copy beside must not take a touched file's place.
    for file in sorted(files, key=lambda file: file.path not in recorded_paths):
        if file.path in matched:
            continue
        same = _same(file, by_size[file.size])
        if same is None:
            unknown.append(file)
            continue
        del loose[same.id]
        by_size[file.size].remove(same)
        changes.updated.append(replace(same, path=file.path, stat=file.stat))
        changes.moved += same.path != file.path
        changes.unchanged += same.path == file.path

    for folder in scan.away:
        missed = [id for id, video in loose.items() if _below(video.path, folder)]
        if len(missed) > 1:
            changes.away[folder] = (
                f"{len(missed)} videos were in it, and now there is nothing; mount its disk, or remove it"
            )
            changes.unchanged += len(missed)
            for id in missed:
                del loose[id]

    replaced = {video.path: video.id for video in loose.values()}
    for file in unknown:
        if failed.get(file.path) != file.stat:
            changes.pending.append(Pending(file, replaced.get(file.path)))
    waiting = {pending.replaces for pending in changes.pending}
    changes.dropped = [id for id in loose if id not in waiting]
    changes.deleted = sum(loose[id].path not in paths for id in changes.dropped)
    changes.pending.sort(key=lambda pending: pending.path)
    return changes


def _same(entry: MediaEntry, candidates: list[Video]) -> Video | None:
    """Which of the videos of its size a file is, wherever that stood: at best the one at its own path."""
    if not candidates:
        return None
    try:
        made_of = content(entry)
    except OSError:
        return None  # it is read as if it were new: that will say why, or makes its clips once more
    candidates = [video for video in candidates if video.content == made_of]
    return min(candidates, key=lambda video: (video.path != entry.path, video.path), default=None)


def _below(path: str, folder: str) -> bool:
    return folder in (".", path) or path.startswith(f"{folder}/")
