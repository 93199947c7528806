"""Several libraries of one model, searched as one: what a server has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.library.library import Library
from hearsight.library.results import ClipDetails, Filters, Hit, MarkedLine, Mode, SearchResult
from hearsight.library.search import clip_details as about
from hearsight.library.search.query import Query
from hearsight.library.search.rank import moments, search
from hearsight.library.search.similar import alike
from hearsight.library.search.view import Place, View
from hearsight.library.tables.schema import Video, read_vectors, video_of
from hearsight.models.base import VideoTextModel
from hearsight.models.preprocess import ClipInputs, collate

EVERYTHING = Filters()


class Collection:
    """Libraries by name, and the model that made them.

    collection = Collection({"holiday": Library.open(folder)}, model)
    collection.search("a bell rings").hits
    """

    def __init__(self, libraries: Mapping[str, Library], model: VideoTextModel) -> None:
        """Raises HearsightError if a library was made by another model."""
        for library in libraries.values():
            library.check(model)
        self.libraries = dict(libraries)
        self.model = model

    def search(
        self,
        query: str,
        mode: Mode = "hybrid",
        limit: int = 10,
        filters: Filters = EVERYTHING,
        library: str | None = None,
    ) -> SearchResult:
        """As `Library.search`, in all libraries or the one that is named."""
        return search(self._places(library), query, self.model, mode, limit, filters)

    def moments(self, library: str, clip: str, query: str, mode: Mode = "hybrid") -> list[Hit]:
        """Every clip of a clip's video in order of time, ranked among themselves. Empty for a clip that is no more."""
        return moments(self._place(library), query, self.model, mode, video_of(clip) or "")

    def similar(self, library: str, clip: str, limit: int = 10, filters: Filters = EVERYTHING) -> SearchResult | None:
        """The moments of other videos, in all libraries, that are most like a clip; None for one that is no more."""
        table = about.row(self._place(library), clip, ["pooled"])
        if not len(table):
            return None
        views = [
            View.of(self._place(name), filters, besides=video_of(clip) if name == library else None)
            for name in self.libraries
        ]
        return alike(views, read_vectors(table, "pooled")[0], limit)

    def like(
        self, example: ClipInputs, limit: int = 10, filters: Filters = EVERYTHING, library: str | None = None
    ) -> SearchResult:
        """The moments that are most like a picture, a sound or a film. What is not in it is not compared."""
        views = [View.of(place, filters) for place in self._places(library)]
        return alike(views, self._vector(example), limit)

    def video(self, library: str, clip: str) -> Video | None:
        """The video that a clip (`Hit.clip`) is of; None for a clip that is no more."""
        return about.video(self._place(library), clip)

    def clip(self, library: str, clip: str) -> ClipDetails | None:
        """What is known of a clip; None for one that is no more."""
        return about.details(self._place(library), clip)

    def thumbnail(self, library: str, clip: str) -> bytes | None:
        """A picture of a clip as JPEG; None for one without pictures, or that is no more."""
        return about.thumbnail(self._place(library), clip)

    def lines(self, library: str, clip: str, around: float, query: str | None = None) -> list[MarkedLine]:
        """What is said in a clip and in so many seconds before and after it, with a query's words marked."""
        asked = Query.of(query) if query and query.strip() else None
        lines = about.lines(self._place(library), clip, around)
        return [MarkedLine(line.start, line.end, line.text, asked.spans(line.text) if asked else []) for line in lines]

    def _vector(self, example: ClipInputs) -> NDArray[np.float32]:
        batch = collate([example])
        missing = [
            name for name, there in (("audio", batch.has_audio), ("speech", batch.has_speech)) if not bool(there[0])
        ]
        with torch.inference_mode():
            pooled = self.model.fuse(self.model.extract(batch), without=missing).pooled[0]
        vector: NDArray[np.float32] = pooled.float().cpu().numpy()
        return vector

    def _place(self, library: str) -> Place:
        """Raises HearsightError for a name that is none of a library."""
        if library not in self.libraries:
            raise HearsightError(f"no library '{library}' here; there is {', '.join(self.libraries)}")
        return replace(self.libraries[library].place, name=library)

    def _places(self, library: str | None) -> Sequence[Place]:
        return [self._place(name) for name in (self.libraries if library is None else [library])]
