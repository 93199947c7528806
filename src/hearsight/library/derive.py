"""Derives what searches need besides the clips: the windows of text experts, and the calibration of all experts."""

from __future__ import annotations

from hearsight.library.indexing.windows import fill_text_windows, fill_windows
from hearsight.library.library_experts import LibraryExperts
from hearsight.library.search.calibrate import calibrate, source_of_nulls
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.library_files import remove
from hearsight.library.tables.store import Store
from hearsight.library.tables.windows import drop_other_windows, of_text
from hearsight.models.query_encoder import QueryEncoder


def update_calibration(
    store: Store, fingerprint: str, encoder: QueryEncoder, experts: LibraryExperts, files_changed: bool = False
) -> None:
    """Bring windows and calibration up to date with the clips. The caller holds the library for writing.

    fingerprint: of the library's model. encoder: its queries. files_changed: whether the windows of the sound expert or
    the texts in pictures, which are up to date, were others before. Does nothing if neither a clip nor an expert nor
    any of these has changed. What former experts have made is removed at the update after the one that replaces them:
    searches that run meanwhile may read it.
    """
    former = Calibration.read(store.location)  # also of another model, which the experts do not depend on
    texts = {expert.name: expert.fingerprint for expert in experts.texts}
    sounds = {experts.sound.name: experts.sound.fingerprint} if experts.sound else {}
    readers = {experts.reader: store.texts.fingerprint() or ""} if experts.reader and store.texts.exists else {}
    of_texts = list(map(of_text, texts)) if readers else []
    former_windows = former.windows if former else []
    drop_other_windows(store.location, [*former_windows, *texts, *sounds, *of_texts])
    if not (readers or (former and former.readers)):
        remove(store.texts.path)
    current = source_of_nulls(), store.clips_version(), texts, sounds, readers
    if (usable := store.snapshot().calibration) is not None:
        derived = usable.bank, usable.version, usable.experts, usable.sounds, usable.readers
        if derived == current and not files_changed:
            return
    fill_windows(store, experts.texts)
    if readers:
        fill_text_windows(store, experts.texts)
    calibration = calibrate(store, encoder, fingerprint, texts, sounds, readers)
    if calibration is not None:
        calibration.write(store.location)
