"""The calibration of a library as it is now: the stored one, or where that will not do, one made in memory."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from hearsight.errors import HearsightError
from hearsight.experts.neutral_queries import bank_fingerprint
from hearsight.experts.registry import load_expert
from hearsight.library.search.calibrate import calibrate
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.store import Snapshot, Store
from hearsight.models.query_encoder import QueryEncoder

# Made by this process, with the version of the clips and the experts that each is made from.
_CALIBRATIONS: WeakKeyDictionary[Store, tuple[tuple[int, dict[str, str]], Calibration | None]] = WeakKeyDictionary()


def current_calibration(
    store: Store, snapshot: Snapshot, encoder: QueryEncoder, fingerprint: str
) -> Calibration | None:
    """Return the calibration of a library; None for one without clips. fingerprint: of its model.

    A library of an older version has none before its next update: it is searched without text experts until then. So is
    one whose expert is not on this machine.
    """
    calibration = snapshot.calibration
    experts = usable_experts(calibration) if calibration else {}
    if calibration is not None and (calibration.bank, calibration.experts) == (bank_fingerprint(), experts):
        return calibration
    source = store.clips_version(), experts
    if store not in _CALIBRATIONS or _CALIBRATIONS[store][0] != source:
        _CALIBRATIONS[store] = source, calibrate(store, encoder, fingerprint, experts)
    return _CALIBRATIONS[store][1]


def usable_experts(calibration: Calibration) -> dict[str, str]:
    """Return the experts that made a library's windows and are on this machine, still the same, with fingerprints."""
    return {name: value for name, value in calibration.experts.items() if _is_usable(name, value)}


def _is_usable(expert: str, fingerprint: str) -> bool:
    try:
        return load_expert(expert).fingerprint == fingerprint
    except HearsightError:  # the plugin that registers it, or its model, is missing
        return False
