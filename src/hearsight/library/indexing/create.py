"""Create the index of a folder, or open the existing one and record the new settings."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.experts.registry import DEFAULT, NONE, choose_meaning
from hearsight.experts.sound_registry import choose_sound
from hearsight.library.indexing.model_names import name_of
from hearsight.library.indexing.picture_choice import wants_pictures
from hearsight.library.tables.library_files import check_free, clear
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.locations import absolute_folder, relative_folder
from hearsight.library.tables.lock import updating, writing
from hearsight.library.tables.store import Store
from hearsight.media.track_choice import ANY_TRACK, TrackChoice
from hearsight.models.base import VideoTextModel


def create(
    folder: Path,
    location: Path,
    model: VideoTextModel | None,
    cut: str | None = None,
    seconds: float | None = None,
    name: str | None = None,
    recogniser: str | None = None,
    meaning: str | None = None,
    sound: str | None = None,
    reader: str | None = None,
    missing: dict[str, str] | None = None,
    pictures: bool | None = None,
    rebuild: bool = False,
    keep_features: bool = False,
    audio_track: int | None = None,
    audio_language: str | None = None,
) -> Identity:
    """Create the tables of a library, unless they exist, and return its identity. See `Library.create`.

    model: None for an existing library, whose model stays as it is.
    """
    recorded = Identity.read(location, rebuild)
    if meaning is not None:
        meaning = choose_meaning(meaning, download=False)
    if sound is not None:
        sound = choose_sound(sound, download=False)
    choice = _track_choice(recorded, audio_track, audio_language)
    if model is not None and (recorded is None or rebuild):
        towers = model.towers_fingerprint if keep_features or (recorded and recorded.towers) else None
        identity = Identity(
            folder=relative_folder(location, folder),
            model=name or name_of(model),
            fingerprint=model.fingerprint,
            method=model.config.method,
            frames=model.config.frames,
            width=model.width,
            by=cut or (recorded.by if recorded else "window"),
            seconds=seconds if seconds is not None else recorded.seconds if recorded else 15.0,
            towers=towers,
            recogniser=recogniser or (recorded.recogniser if recorded else None),
            meaning=meaning or (recorded.meaning if recorded else None),
            sound=sound or (recorded.sound if recorded else None),
            reader=reader or (recorded.reader if recorded else None),
            missing=missing or None,
            audio_track=choice.number,
            audio_language=choice.language,
            pictures=wants_pictures(recorded, rebuild, pictures),
        )
        identity.check_cutting()
        _check_experts(identity)
        if recorded and location.is_symlink():
            _check_link(location, folder, recorded)
        with suppress(OSError):  # a folder that cannot be read is reported when it is locked
            check_free(location, rebuild)
        with updating(location):
            recorded = None if rebuild else Identity.read(location)  # another process may have created it meanwhile
            if recorded is None:
                clear(location, rebuild)
                Store(location, identity).create(model)
                identity.write(location)
                return identity
    assert recorded is not None, "a new library needs a model"
    if model is not None:
        recorded.check_model(location, model)
        _check_keeps_features(location, recorded, keep_features)
    current = replace(
        recorded,
        folder=relative_folder(location, folder),
        model=name or recorded.model,
        by=cut or recorded.by,
        seconds=recorded.seconds if seconds is None else seconds,
        recogniser=recogniser or recorded.recogniser,
        meaning=meaning or recorded.meaning,
        sound=sound or recorded.sound,
        reader=reader or recorded.reader,
        missing=recorded.missing if missing is None else missing or None,
        audio_track=choice.number,
        audio_language=choice.language,
        pictures=recorded.pictures if pictures is None else pictures,
    )
    _check_settings(folder, location, recorded, current)
    return _record(location, recorded, current)


def _track_choice(recorded: Identity | None, number: int | None, language: str | None) -> TrackChoice:
    """Return which sound track is heard from now on: what is given, and what is recorded for the rest."""
    choice, former = TrackChoice.of(number, language), recorded.track_choice if recorded else ANY_TRACK
    return TrackChoice(
        former.number if number is None else choice.number, former.language if language is None else choice.language
    )


def _check_link(location: Path, folder: Path, recorded: Identity) -> None:
    """Raise HearsightError if what a link leads to is the index of another folder: a stranger's would replace it."""
    if absolute_folder(location, recorded.folder).resolve() != folder.resolve():
        raise HearsightError(
            f"{location} is a link to the index of another folder, which is not replaced; remove the link, or keep "
            "this index elsewhere (--library)"
        )


def _check_keeps_features(location: Path, identity: Identity, keep_features: bool) -> None:
    """Raise HearsightError if features shall be kept from now on only."""
    if keep_features and identity.towers is None:
        raise HearsightError(
            f"the library at {location} has kept no features so far; leave --keep-features out, or add --rebuild"
        )


def _check_settings(folder: Path, location: Path, recorded: Identity, current: Identity) -> None:
    """Raise HearsightError if a library is cut otherwise, or is not that of the folder."""
    current.check_cutting()
    _check_experts(current)
    if current.cutting != recorded.cutting:
        raise HearsightError(
            f"the library at {location} is cut in {recorded.cutting}, not in {current.cutting}; leave that out, "
            "or create it anew with --rebuild"
        )
    recorded.check_folder(location, folder)
    if current.folder != recorded.folder:
        _check_moved(folder, location, recorded)


def _check_experts(identity: Identity) -> None:
    """Raise HearsightError for two experts of one name, which is that of their tables, too."""
    if identity.sound == (identity.meaning or DEFAULT) != NONE:
        raise HearsightError(
            f"the expert for what is said and the sound expert are both called '{identity.sound}', and a library tells "
            "them apart by their names; rename one in its plugin"
        )


def _check_moved(folder: Path, location: Path, identity: Identity) -> None:
    """Raise HearsightError if none of the library's videos is in its new folder.

    Then the folder is the wrong one, or its disk is not mounted; an update would remove every video.
    """
    videos = Store(location, identity).snapshot().videos.values()
    if videos and not any((folder / video.path).exists() for video in videos):
        raise HearsightError(
            f"none of the {len(videos)} videos of the library at {location} is in {folder}; name the folder "
            "they are in, mount its disk, or index this one elsewhere (--library)"
        )


def _record(location: Path, recorded: Identity, current: Identity) -> Identity:
    """Record the current names of the folder, the model, the recogniser and the experts."""
    if current == recorded:
        return recorded
    changed = {name: value for name, value in vars(current).items() if value != getattr(recorded, name)}
    with writing(location, recorded) as latest:
        latest = replace(latest, **changed)
        latest.write(location)
        return latest
