"""Libraries: folders of videos, indexed in LanceDB tables, kept up to date and searched."""

from hearsight.library.library import Library
from hearsight.library.results import (
    Failure,
    Filters,
    Hit,
    LibraryInfo,
    Mode,
    Progress,
    SearchResult,
    UpdateReport,
)

__all__ = [
    "Failure",
    "Filters",
    "Hit",
    "Library",
    "LibraryInfo",
    "Mode",
    "Progress",
    "SearchResult",
    "UpdateReport",
]
