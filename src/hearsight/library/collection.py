"""Several libraries of one model, searched as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hearsight.errors import HearsightError
from hearsight.library.library import AROUND, Library
from hearsight.library.listeners import UpdateListener
from hearsight.library.reports import UpdateReport
from hearsight.library.results import (
    ClipDetails,
    Failure,
    Filters,
    Hit,
    LibraryInfo,
    Mode,
    SearchResult,
    Sense,
    Suggestion,
    Transcript,
    clip_id,
)

if TYPE_CHECKING:
    from hearsight.library.search.view import Searchable
    from hearsight.library.tables.schema import Video
    from hearsight.media.example import Example
    from hearsight.models.base import VideoTextModel
    from hearsight.models.query_encoder import QueryEncoder


class Collection:
    """Several libraries of one model, by name, searched as one.

        collection = hearsight.open("~/Videos", "/media/archive")
        collection.search("a bell rings").hits

    It is searched, described and updated by the methods of `Library`. `library=` restricts them to one library; an id
    of a clip (not a hit, which knows its library) needs it.
    """

    def __init__(self, libraries: Mapping[str, Library], model: VideoTextModel | None = None) -> None:
        """model: the libraries' model if it is loaded already; else that of the first one is loaded when it is needed.

        Raises HearsightError if the libraries were made with different models, or not with `model`.
        """
        self.libraries = dict(libraries)
        models = {library.identity.fingerprint: library.identity.model for library in self.libraries.values()}
        if len(models) > 1:
            raise HearsightError(
                f"the folders are indexed with different models ({', '.join(sorted(models.values()))}), whose answers "
                "cannot be compared; search them separately"
            )
        if model is not None:
            self._use(model)

    @classmethod
    def open(
        cls,
        *folders: str | Path | None,
        libraries: Sequence[str | Path | None] = (),
        in_memory: bool = False,
        device: str = "cpu",
        dtype: str = "auto",
    ) -> Self:
        """Open the libraries of several folders, named by their folders. A folder that is given twice is opened once.

        libraries: where the indexes are if they are not in the folders, in the same order; a folder may be None then.
        The rest, and the errors, are as in `Library.open`.
        """
        pairs = zip(folders, libraries, strict=True) if libraries else ((folder, None) for folder in folders)
        opened = [
            Library.open(folder, library, in_memory=in_memory, device=device, dtype=dtype) for folder, library in pairs
        ]
        distinct = list({library.location.resolve(): library for library in opened}.values())
        return cls(dict(zip(unique_names([library.folder for library in distinct]), distinct, strict=True)))

    @property
    def model(self) -> VideoTextModel:
        """The model of all libraries. Raises HearsightError if it cannot be loaded, or has changed."""
        model = next(iter(self.libraries.values())).model
        self._use(model)
        return model

    @property
    def query_encoder(self) -> QueryEncoder:
        """What encodes queries and compares them with clips. Raises HearsightError as `model` does."""
        return next(iter(self.libraries.values())).query_encoder

    def _use(self, model: VideoTextModel) -> None:
        for library in self.libraries.values():
            library.use(model)

    # Searching

    def search(
        self,
        query: str,
        mode: Mode = "hybrid",
        limit: int = 10,
        filters: Filters | None = None,
        *,
        library: str | None = None,
        all_moments: bool = False,
        min_confidence: float | None = None,
    ) -> SearchResult:
        """Return the best moments of the best `limit` videos of all libraries, best first. See `Library.search`."""
        from hearsight.library.search.search import search

        searchables = self._searchables(library)
        result = search(searchables, query, self.query_encoder, mode, limit, filters or Filters(), all_moments)
        return result.at_least(min_confidence or 0.0)

    def similar(
        self,
        clip: Hit | str,
        limit: int = 10,
        filters: Filters | None = None,
        *,
        by: Sense | None = None,
        library: str | None = None,
    ) -> SearchResult:
        """Return the moments of other videos, in all libraries, that are most like a clip. See `Library.similar`.

        library: the clip's.
        """
        from hearsight.library.search.similar import similar

        source = self._library_of(clip, library)
        return similar(self._searchables(), source, clip_id(clip), limit, filters or Filters(), by)

    def search_by_example(
        self,
        example: str | Path | Example,
        limit: int = 10,
        filters: Filters | None = None,
        *,
        by: Sense | None = None,
        library: str | None = None,
    ) -> SearchResult:
        """Return the moments that are most like a file. See `Library.search_by_example`."""
        from hearsight.library.search.similar import search_by_example

        return search_by_example(self._searchables(library), self.model, example, limit, filters or Filters(), by)

    def moments(self, clip: Hit | str, query: str, mode: Mode = "hybrid", library: str | None = None) -> list[Hit]:
        """Return every clip of a clip's video in order of time, each with its rank among them."""
        from hearsight.library.search.search import moments

        return moments(self._library_of(clip, library), query, self.query_encoder, mode, clip_id(clip))

    def transcript(
        self, clip: Hit | str, query: str | None = None, around: float = AROUND, library: str | None = None
    ) -> Transcript:
        """Return what is said in a clip and `around` seconds before and after it, with the query's words marked."""
        from hearsight.library.search.clip_details import transcript

        return transcript(self._library_of(clip, library), clip_id(clip), query, around)

    def clip(self, clip: Hit | str, library: str | None = None) -> ClipDetails:
        """Return the description of a clip."""
        from hearsight.library.search.clip_details import details

        return details(self._library_of(clip, library), clip_id(clip))

    def thumbnail(self, clip: Hit | str, library: str | None = None) -> bytes | None:
        """Return a picture of a clip as JPEG; None if it has no pictures."""
        from hearsight.library.search.clip_details import thumbnail

        return thumbnail(self._library_of(clip, library), clip_id(clip))

    def video(self, clip: Hit | str, library: str | None = None) -> Video:
        """Return the row of a clip's video."""
        from hearsight.library.search.clip_details import video_row

        return video_row(self._library_of(clip, library), clip_id(clip))

    def suggestions(self) -> list[Suggestion]:
        """Return a few queries that the libraries can answer."""
        from hearsight.library.search.example_queries import suggest_queries

        return suggest_queries(self._searchables(), self.query_encoder)

    # Their state

    def info(self) -> dict[str, LibraryInfo]:
        """Return what is in each library, by its name."""
        return {name: library.info() for name, library in self.libraries.items()}

    def failures(self) -> dict[str, list[Failure]]:
        """Return the files of each library that could not be indexed, by its name."""
        return {name: library.failures() for name, library in self.libraries.items()}

    def update(self, progress: UpdateListener | None = None, retry: bool = False) -> dict[str, UpdateReport]:
        """Bring one library after the other up to date. Return the reports by name. See `Library.update`."""
        _ = self.model  # loaded once, for all libraries
        return {name: library.update(progress, retry) for name, library in self.libraries.items()}

    def _searchable(self, library: str) -> Searchable:
        """Raise HearsightError for a name that is not that of a library."""
        if library not in self.libraries:
            raise HearsightError(f"no library '{library}' here; there is {', '.join(self.libraries)}")
        return replace(self.libraries[library].searchable, name=library)

    def _searchables(self, library: str | None = None) -> list[Searchable]:
        return [self._searchable(name) for name in (self.libraries if library is None else [library])]

    def _library_of(self, clip: Hit | str, library: str | None) -> Searchable:
        """Return the library that a clip is in."""
        if library is None and isinstance(clip, Hit):
            library = clip.library
        if library is None and len(self.libraries) > 1:
            raise HearsightError(
                f"the id {clip!r} does not say which library it is from; give a hit, or library=NAME (there is "
                f"{', '.join(self.libraries)})"
            )
        return self._searchable(library or next(iter(self.libraries)))


def unique_names(folders: Sequence[Path]) -> list[str]:
    """Return the names of folders, with a number added to a repeated name."""
    names: list[str] = []
    for folder in folders:
        base = name = folder.name.encode("utf-8", "replace").decode() or "library"
        number = 1
        while name in names:
            number += 1
            name = f"{base} {number}"
        names.append(name)
    return names
