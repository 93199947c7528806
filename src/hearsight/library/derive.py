"""Derives what searches need besides the clips: the windows of text experts, and the calibration of all experts."""

from __future__ import annotations

from hearsight.experts.neutral_queries import bank_fingerprint
from hearsight.library.indexing.windows import fill_windows
from hearsight.library.library_experts import LibraryExperts
from hearsight.library.search.calibrate import calibrate
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.store import Store
from hearsight.library.tables.windows import drop_other_windows
from hearsight.models.query_encoder import QueryEncoder


def update_calibration(
    store: Store, fingerprint: str, encoder: QueryEncoder, experts: LibraryExperts, sounds_changed: bool = False
) -> None:
    """Bring windows and calibration up to date with the clips. The caller holds the library for writing.

    fingerprint: of the library's model. encoder: its queries. sounds_changed: whether the windows of the sound expert,
    which are up to date, were others before. Does nothing if neither a clip nor an expert nor a sound has changed.
    The windows of former experts are removed at the update after the one that replaces them: searches that run
    meanwhile may read them.
    """
    former = Calibration.read(store.location)  # also of another model, which the experts do not depend on
    texts = {expert.name: expert.fingerprint for expert in experts.texts}
    sounds = {experts.sound.name: experts.sound.fingerprint} if experts.sound else {}
    former_names = {*former.experts, *former.sounds} if former else set()
    drop_other_windows(store.location, {*former_names, *texts, *sounds})
    current = bank_fingerprint(), store.clips_version(), texts, sounds
    usable = store.snapshot().calibration
    unchanged = usable is not None and (usable.bank, usable.version, usable.experts, usable.sounds) == current
    if unchanged and not sounds_changed:
        return
    calibration = calibrate(store, encoder, fingerprint, fill_windows(store, experts.texts), sounds)
    if calibration is not None:
        calibration.write(store.location)
