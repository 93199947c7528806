"""The indexed folders that a server searches: how they are found, named and opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hearsight.library.collection import Collection, unique_names
from hearsight.library.indexing.model_names import check_model_exists
from hearsight.library.library import Library
from hearsight.web.state import IndexedFolder

WARM_UP_QUERY = "a bell rings"


def find_folders(folders: Sequence[Path], location: Path | None) -> tuple[dict[str, IndexedFolder], str]:
    """Return the indexed folders by name, and the name of their model, which is not loaded.

    location: of one index that is not in its folder, in place of folders.
    Raises HearsightError if a folder is not indexed, if the folders are indexed with different models, or if the model
    is missing.
    """
    if location is None:
        libraries = Collection.open(*folders).libraries
    else:
        library = Library.open(library=location)
        libraries = {unique_names([library.folder])[0]: library}
    model = next(iter(libraries.values())).identity.model
    check_model_exists(model)
    return {name: IndexedFolder(library.folder, library.location) for name, library in libraries.items()}, model


def open_collection(folders: Mapping[str, IndexedFolder]) -> Collection:
    """Open the libraries with the data that searches read in memory and what encodes queries, and search once."""
    libraries = {
        name: Library.open(indexed.folder, indexed.location, in_memory=True) for name, indexed in folders.items()
    }
    collection = Collection(libraries)
    collection.search(WARM_UP_QUERY)  # reads the tables
    return collection
