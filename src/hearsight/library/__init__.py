"""Libraries: folders of videos, indexed in LanceDB tables, kept up to date and searched.

Names are imported on first use: that of a library's model can be read without LanceDB, which takes a second to import.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from hearsight.library.listeners import UpdateListener
from hearsight.library.reports import MaintenanceReport, ReindexReport, RepairReport, UpdateReport
from hearsight.library.results import (
    ClipDetails,
    Failure,
    Filters,
    Hit,
    LibraryInfo,
    Mode,
    SearchResult,
    SoundTrack,
)

if TYPE_CHECKING:
    from hearsight.library.collection import Collection
    from hearsight.library.library import Library

__all__ = [
    "ClipDetails",
    "Collection",
    "Failure",
    "Filters",
    "Hit",
    "Library",
    "LibraryInfo",
    "MaintenanceReport",
    "Mode",
    "ReindexReport",
    "RepairReport",
    "SearchResult",
    "SoundTrack",
    "UpdateListener",
    "UpdateReport",
]

_LAZY = {"Collection": "hearsight.library.collection", "Library": "hearsight.library.library"}


if not TYPE_CHECKING:  # else any name would be one of Any

    def __getattr__(name: str) -> Any:
        if name in _LAZY:
            return getattr(import_module(_LAZY[name]), name)
        raise AttributeError(f"module 'hearsight.library' has no attribute '{name}'")
