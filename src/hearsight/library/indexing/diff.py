"""Compare the files of a folder with the videos of its library."""

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
class PendingFile:
    """A file to index. replaces: the id of the video that had this path with other content."""

    entry: MediaEntry
    replaces: str | None = None

    @property
    def path(self) -> str:
        return self.entry.path


@dataclass
class Changes:
    """The differences between a folder and its library.

    unchanged, moved, deleted: numbers of files. updated_rows: rows of videos with their new paths or stats.
    removed_ids: ids of videos that leave the library. missing_folders: folders whose videos are missing for now, with
    the reason.
    """

    unchanged: int = 0
    updated_rows: list[Video] = field(default_factory=list)
    moved: int = 0
    removed_ids: list[str] = field(default_factory=list)
    deleted: int = 0
    missing_folders: dict[str, str] = field(default_factory=dict)
    pending: list[PendingFile] = field(default_factory=list)


def content_hash(entry: MediaEntry) -> str:
    """Return a hash of a file and its subtitles: of their lengths and of blocks spread over them.

    Reads at most 1 MB a file. Raises OSError for the file; subtitles that are gone or may not be read are ignored.
    """
    with entry.file.open("rb", BLOCK) as file:
        return hash_open_file(file, entry.sidecars)


def hash_open_file(file: BinaryIO, sidecars: Iterable[Path]) -> str:
    """Return the `content_hash` of an open file."""
    digest = hashlib.blake2b(digest_size=16)
    _digest_file(digest, file)
    for sidecar in sidecars:
        with suppress(FileNotFoundError, PermissionError), sidecar.open("rb") as subtitles:
            _digest_file(digest, subtitles)
    return digest.hexdigest()


def _digest_file(digest: hashlib.blake2b, file: BinaryIO) -> None:
    size = file.seek(0, 2)
    digest.update(size.to_bytes(8, "little"))
    last = max(0, size - BLOCK)
    for start in sorted({last * i // (BLOCKS - 1) for i in range(BLOCKS)}):
        file.seek(start)
        digest.update(file.read(BLOCK))


def video_id(path: str, content: str, recogniser: str, existing_ids: Set[str]) -> str:
    """Return the id of a file's video, which stays the same when an interrupted run is resumed.

    existing_ids: ids of other videos. Without them, a copy at the former path of a moved file would get the id of the
    moved one.
    """
    for attempt in range(len(existing_ids) + 1):
        text = "\0".join([path, content, recogniser, str(attempt)])
        id = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        if id not in existing_ids:
            return id
    raise AssertionError("there are more attempts than existing ids")


def compare(scan: Scan, videos: Iterable[Video], failed: dict[str, str]) -> Changes:
    """Match the files of a folder with the videos of its library.

    failed: stat by path of files that failed before; they are tried again when they have changed. Unreadable files and
    folders keep their videos. So do empty or missing folders, if several of their videos are in no other folder. A file
    is opened only if it may have moved: it has the size of a video whose own path is gone or has other content.
    """
    changes = Changes()
    files, videos = scan.files, list(videos)
    by_path_and_stat = {(video.path, video.stat): video for video in videos}
    matched = {file.path: video for file in files if (video := by_path_and_stat.get((file.path, file.stat)))}
    paths = {file.path for file in files}
    for video in videos:
        if video.path not in paths and any(_below(video.path, unreadable) for unreadable in scan.unreadable):
            matched[video.path] = video
    changes.unchanged = len(matched)
    matched_ids = {video.id for video in matched.values()}
    unmatched = {video.id: video for video in videos if video.id not in matched_ids}

    by_size: defaultdict[int, list[Video]] = defaultdict(list)
    for video in unmatched.values():
        by_size[video.size].append(video)
    recorded_paths = {video.path for video in unmatched.values()}
    new_files = []
    # Files at recorded paths come first: a copy must not be matched with the video of a touched file.
    for file in sorted(files, key=lambda file: file.path not in recorded_paths):
        if file.path in matched:
            continue
        match = _match_video(file, by_size[file.size])
        if match is None:
            new_files.append(file)
            continue
        del unmatched[match.id]
        by_size[file.size].remove(match)
        changes.updated_rows.append(replace(match, path=file.path, stat=file.stat))
        changes.moved += match.path != file.path
        changes.unchanged += match.path == file.path

    for folder in scan.empty_or_missing:
        missing = [id for id, video in unmatched.items() if _below(video.path, folder)]
        if len(missing) > 1:
            changes.missing_folders[folder] = (
                f"{len(missing)} videos were in it, and now it is empty; mount its disk, or remove it"
            )
            changes.unchanged += len(missing)
            for id in missing:
                del unmatched[id]

    replaced = {video.path: video.id for video in unmatched.values()}
    for file in new_files:
        if failed.get(file.path) != file.stat:
            changes.pending.append(PendingFile(file, replaced.get(file.path)))
    replaced_ids = {pending.replaces for pending in changes.pending}
    changes.removed_ids = [id for id in unmatched if id not in replaced_ids]
    changes.deleted = sum(unmatched[id].path not in paths for id in changes.removed_ids)
    changes.pending.sort(key=lambda pending: pending.path)
    return changes


def _match_video(entry: MediaEntry, candidates: list[Video]) -> Video | None:
    """Return the video with the content of a file, preferably the one at its own path, or None."""
    if not candidates:
        return None
    try:
        content = content_hash(entry)
    except OSError:
        return None  # read as a new file, which reports the error or encodes its clips again
    candidates = [video for video in candidates if video.content == content]
    return min(candidates, key=lambda video: (video.path != entry.path, video.path), default=None)


def _below(path: str, folder: str) -> bool:
    return folder in (".", path) or path.startswith(f"{folder}/")
