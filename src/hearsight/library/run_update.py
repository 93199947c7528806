"""The work of `Library.update`: the files, then their sounds and texts, then what is derived from all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hearsight.library.derive import update_calibration
from hearsight.library.indexing.engine import Engine, LocalEngine
from hearsight.library.indexing.sounds import fill_sounds
from hearsight.library.indexing.texts import fill_texts
from hearsight.library.indexing.update import Update
from hearsight.library.indexing.words import add_words
from hearsight.library.library_experts import LibraryExperts
from hearsight.library.listeners import UpdateListener
from hearsight.library.reports import UpdateReport
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.store import Store
from hearsight.models.base import VideoTextModel
from hearsight.models.torch_queries import TorchQueryEncoder
from hearsight.ocr.picture_reader import PictureReader
from hearsight.speech.recogniser import Recogniser
from hearsight.util.child_process import borrowed_child


def run_update(
    folder: Path,
    store: Store,
    identity: Identity,
    model: VideoTextModel,
    recogniser: Recogniser | None,
    reader: PictureReader | None,
    progress: UpdateListener,
    retry: bool,
    engine: Engine | None,
    device: str,
) -> UpdateReport:
    """Bring a library up to date with its folder. The caller holds it for writing; see `Library.update`.

    device: where the sound expert computes. reader: of text in pictures.
    """
    experts = LibraryExperts.load(identity)
    store.create(model)
    add_words(store, identity)
    cut, seconds = identity.by, identity.seconds
    choice, pictures = identity.track_choice, identity.indexes_pictures
    with borrowed_child() as child:
        engine = engine or LocalEngine(child.call)
        update = Update(folder, store, model, recogniser, cut, seconds, progress, engine, choice, pictures)
        report = update.run(retry)
        sounds_changed = fill_sounds(folder, store, experts.sound, progress, device, report, child.call)
        texts_changed = fill_texts(folder, store, reader, progress, report, child.call)
    changed = sounds_changed or texts_changed
    update_calibration(store, identity.fingerprint, TorchQueryEncoder(model), experts, changed)
    return report


def calibrate_new_model(store: Store, identity: Identity, model: VideoTextModel) -> None:
    """Derive the calibration of a library that has got another model.

    A sound expert that has not gone through the files yet, because it is new, is left to the next update.
    """
    experts = LibraryExperts.load(identity)
    if sound := experts.sound:
        windows = store.windows(sound.name)
        if not windows.path.is_dir() or windows.fingerprint() != sound.fingerprint:
            experts = replace(experts, sound=None)
    update_calibration(store, identity.fingerprint, TorchQueryEncoder(model), experts)
