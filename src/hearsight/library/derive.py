"""Derives what searches need besides the clips: the windows of text experts, and the calibration."""

from __future__ import annotations

from collections.abc import Sequence

from hearsight.experts.expert import TextExpert
from hearsight.experts.neutral_queries import bank_fingerprint
from hearsight.library.indexing.windows import fill_windows
from hearsight.library.search.calibrate import calibrate
from hearsight.library.tables.store import Store
from hearsight.library.tables.windows import drop_other_windows
from hearsight.models.query_encoder import QueryEncoder


def update_calibration(store: Store, fingerprint: str, encoder: QueryEncoder, experts: Sequence[TextExpert]) -> None:
    """Bring windows and calibration up to date with the clips. The caller holds the library for writing.

    fingerprint: of the library's model. encoder: its queries. Does nothing if neither a clip nor an expert has changed.
    The windows of former experts are removed at the update after the one that replaces them: searches that run
    meanwhile may read them.
    """
    former = store.snapshot().calibration
    drop_other_windows(store.location, {*(former.experts if former else ()), *(expert.name for expert in experts)})
    current = bank_fingerprint(), store.clips_version(), {expert.name: expert.fingerprint for expert in experts}
    if former is not None and (former.bank, former.version, former.experts) == current:
        return
    calibration = calibrate(store, encoder, fingerprint, fill_windows(store, experts))
    if calibration is not None:
        calibration.write(store.location)
