"""The calibration of a library as it is now: the stored one, or where that will not do, one made in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from hearsight.errors import HearsightError
from hearsight.experts.expert import TextExpert
from hearsight.experts.registry import load_expert
from hearsight.experts.sound_expert import SoundExpert
from hearsight.experts.sound_registry import load_sound_expert
from hearsight.library.search.calibrate import calibrate, source_of_nulls
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.snapshot import Snapshot
from hearsight.library.tables.store import Store
from hearsight.models.query_encoder import QueryEncoder

# Made by this process, with the version of the clips and the experts that each is made from.
_CALIBRATIONS: WeakKeyDictionary[Store, tuple[tuple[Any, ...], Calibration | None]] = WeakKeyDictionary()


def current_calibration(
    store: Store, snapshot: Snapshot, encoder: QueryEncoder, fingerprint: str
) -> Calibration | None:
    """Return the calibration of a library; None for one without clips. fingerprint: of its model.

    A library of an older version has none before its next update: it is searched without text and sound experts until
    then. So is one whose expert is not on this machine.
    """
    calibration = snapshot.calibration
    experts, sounds = usable_experts(calibration) if calibration else ({}, {})
    current = source_of_nulls(), experts, sounds
    if calibration is not None and (calibration.bank, calibration.experts, calibration.sounds) == current:
        return calibration
    readers = calibration.readers if calibration else {}  # a search does without them
    source = store.clips_version(), experts, sounds, readers
    if store not in _CALIBRATIONS or _CALIBRATIONS[store][0] != source:
        _CALIBRATIONS[store] = source, calibrate(store, encoder, fingerprint, experts, sounds, readers)
    return _CALIBRATIONS[store][1]


def usable_experts(calibration: Calibration) -> tuple[dict[str, str], dict[str, str]]:
    """Return the text and the sound experts that made a library's windows and are on this machine, with fingerprints.

    One that has changed since is left out.
    """
    return _usable(calibration.experts, load_expert), _usable(calibration.sounds, load_sound_expert)


def _usable(experts: dict[str, str], load: Callable[[str], TextExpert | SoundExpert]) -> dict[str, str]:
    return {name: value for name, value in experts.items() if _is_usable(name, value, load)}


def _is_usable(expert: str, fingerprint: str, load: Callable[[str], TextExpert | SoundExpert]) -> bool:
    try:
        return load(expert).fingerprint == fingerprint
    except HearsightError:  # the plugin that registers it, or its model, is missing
        return False
