"""The calibration of a library as it is now: the stored one, or for a library that has none, one made in memory."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from hearsight.errors import HearsightError
from hearsight.experts.neutral_queries import bank_fingerprint
from hearsight.experts.registry import load_expert
from hearsight.library.search.calibrate import calibrate
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.store import Store
from hearsight.models.query_encoder import QueryEncoder

# Made by this process, with the version of the clips that each is made from.
_CALIBRATIONS: WeakKeyDictionary[Store, tuple[int, Calibration | None]] = WeakKeyDictionary()


def current_calibration(store: Store, encoder: QueryEncoder, fingerprint: str) -> Calibration | None:
    """Return the calibration of a library; None for one without clips. fingerprint: of its model.

    A library of an older version has none before its next update: it is searched without text experts until then.
    """
    calibration = store.recent_snapshot().calibration
    if calibration is not None and calibration.bank == bank_fingerprint() and _has_experts(calibration):
        return calibration
    version = store.clips_version()
    if store not in _CALIBRATIONS or _CALIBRATIONS[store][0] != version:
        _CALIBRATIONS[store] = version, calibrate(store, encoder, fingerprint, {})
    return _CALIBRATIONS[store][1]


def _has_experts(calibration: Calibration) -> bool:
    """Return whether the experts that made a library's windows are installed, and still the same."""
    try:
        return all(load_expert(name).fingerprint == value for name, value in calibration.experts.items())
    except HearsightError:  # the plugin that registers it is missing
        return False
