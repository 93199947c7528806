"""Summaries of the contents of a library."""

from __future__ import annotations

from collections import Counter
from pathlib import Path, PurePosixPath

from hearsight.experts.registry import DEFAULT, NONE
from hearsight.library.results import LibraryInfo, SoundTrack
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.library_files import folder_size
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.store import Store
from hearsight.models.catalog import SENSES
from hearsight.types import UNDETERMINED


def library_info(folder: Path, identity: Identity, store: Store) -> LibraryInfo:
    """Return what is in the library of a folder."""
    snapshot = store.snapshot()
    videos = [video for video in snapshot.videos.values() if not video.is_picture]
    sources = Counter(video.transcript_source or "none" for video in videos)
    return LibraryInfo(
        folder=folder,
        location=store.location,
        model=identity.model,
        fingerprint=identity.fingerprint,
        method=identity.method,
        cut=identity.by,
        seconds=identity.seconds,
        recogniser=identity.recogniser or "auto",
        meaning=identity.meaning or DEFAULT,
        sound=identity.sound or NONE,
        sounds=_sounds(store, identity.sound),
        reader=identity.reader or NONE,
        read=_read(store, identity.reader),
        senses=_senses(identity.method, snapshot.calibration),
        missing=identity.missing or {},
        videos=len(videos),
        pictures=len(snapshot.videos) - len(videos),
        indexes_pictures=identity.indexes_pictures,
        clips=snapshot.clips,
        hours=sum(video.duration for video in videos) / 3600,
        with_speech=store.count("has_speech"),
        with_sound=store.count("has_sound"),
        failures=len(store.failures()),
        bytes=folder_size(store.location),
        transcripts=dict(sorted(sources.items(), key=lambda item: (-item[1], item[0]))),
        not_understood=sum(video.language == UNDETERMINED for video in snapshot.videos.values()),
        several_tracks=len(heard_tracks(store)),
        audio_track=identity.audio_track,
        audio_language=identity.audio_language,
    )


def heard_tracks(store: Store) -> list[SoundTrack]:
    """Return the sound track that was heard of each file that has several, by path."""
    tracks = [
        SoundTrack(video.path, video.track, video.tracks, video.track_language, video.track_title)
        for video in store.snapshot().videos.values()
        if video.track is not None and video.tracks is not None and video.tracks > 1
    ]
    return sorted(tracks, key=lambda track: track.path)


def _sounds(store: Store, expert: str | None) -> int:
    """Return the number of videos that a sound expert has encoded."""
    if expert in (None, NONE) or not (windows := store.windows(str(expert))).path.is_dir():
        return 0
    return len(windows.videos() & set(store.snapshot().videos))


def _read(store: Store, reader: str | None) -> int:
    """Return the number of videos in whose pictures text was looked for."""
    if reader in (None, NONE) or not store.texts.exists:
        return 0
    return len(store.texts.videos() & set(store.snapshot().videos))


def _senses(method: str, calibration: Calibration | None) -> list[str]:
    """Return what a method compares with queries, without importing it.

    The scores of the clips tell it of a method that a plugin registers; [] before there are any.
    """
    if method in SENSES:
        return list(SENSES[method])
    scales = calibration.scales if calibration else {}
    return [sense for sense in ("seen", "heard", "said") if sense in scales and scales[sense].is_informative]


def video_folders(store: Store) -> list[str]:
    """Return the folders below a library's own that hold videos, with forward slashes, in order."""
    paths = (PurePosixPath(video.path) for video in store.snapshot().videos.values())
    return sorted({str(folder) for path in paths for folder in path.parents if folder.name})
