"""A library: a folder of videos that can be searched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

from hearsight.library.library_model import LibraryModel
from hearsight.library.listeners import NullListener, UpdateListener
from hearsight.library.reports import MaintenanceReport, ReindexReport, RepairReport, UpdateReport
from hearsight.library.results import (
    ClipDetails,
    Failure,
    Filters,
    Hit,
    LibraryInfo,
    Mode,
    SearchResult,
    Sense,
    SoundTrack,
    Transcript,
    clip_id,
)
from hearsight.library.tables.library_json import Identity, find_library
from hearsight.library.tables.locations import resolve_paths
from hearsight.library.tables.lock import writing
from hearsight.util.progress import Progress

if TYPE_CHECKING:
    from hearsight.library.indexing.engine import Engine
    from hearsight.library.plan import Plan
    from hearsight.library.search.view import Searchable
    from hearsight.library.tables.store import Store
    from hearsight.media.example import Example
    from hearsight.models.base import VideoTextModel
    from hearsight.models.query_encoder import QueryEncoder
    from hearsight.speech.recogniser import Recogniser

    Model = str | Path | VideoTextModel
    Encode = Callable[[VideoTextModel], tuple[Identity, "R"]]

AROUND = 60.0  # seconds of transcript before and after a clip
R = TypeVar("R")


class Library:
    """A folder of videos that can be searched.

        library = hearsight.open("~/Videos")
        library.search("a bell rings").hits

    folder: with the videos. location: the folder of the index. The model is loaded when it is first needed.
    """

    def __init__(
        self,
        folder: Path,
        location: Path,
        identity: Identity,
        *,
        in_memory: bool = False,
        model: VideoTextModel | None = None,
        device: str = "cpu",
        dtype: str = "auto",
    ) -> None:
        self.folder, self.location, self.identity = folder, location, identity
        self._in_memory = in_memory
        self._store = self._open_store()
        self._model = LibraryModel(location, device, dtype)
        if model is not None:
            self.use(model)

    def _open_store(self) -> Store:
        from hearsight.library.search.in_memory import open_store

        return open_store(self.location, self.identity, self._in_memory)

    @property
    def searchable(self) -> Searchable:
        """This library as an input of search functions, which accept several."""
        from hearsight.library.search.view import Searchable

        return Searchable(self.folder.name, self.folder, self._store, self.identity.fingerprint)

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        library: str | Path | None = None,
        *,
        in_memory: bool = False,
        model: VideoTextModel | None = None,
        device: str = "cpu",
        dtype: str = "auto",
    ) -> Self:
        """Open the library of a folder.

        folder: the indexed folder; None for the current one or, with `library`, for the one that the index records.
        library: where the index is if it is not in the folder; a folder that holds a `.hearsight` will do.
        in_memory: keep what searches read in memory, unless it is too much; for searches in quick succession.
        model: the library's model if it is loaded already; else it is loaded when it is needed, on `device`, with its
        towers in `dtype` ("float32", "bfloat16" or "auto").
        Raises HearsightError if there is no library, it is that of another folder, or it was made with another model.
        """
        folder, location, identity = find_library(folder, library)
        return cls(folder, location, identity, in_memory=in_memory, model=model, device=device, dtype=dtype)

    @classmethod
    def create(
        cls,
        folder: str | Path,
        model: VideoTextModel | None,
        library: str | Path | None = None,
        *,
        cut: str | None = None,
        seconds: float | None = None,
        name: str | None = None,
        recogniser: str | None = None,
        meaning: str | None = None,
        sound: str | None = None,
        reader: str | None = None,
        missing: dict[str, str] | None = None,
        pictures: bool | None = None,
        rebuild: bool = False,
        keep_features: bool = False,
        audio_track: int | None = None,
        audio_language: str | None = None,
    ) -> Self:
        """Create an empty library for a folder, or open the existing one; see `plan` for the decisions before that.

        model: None for that of the existing one. name, recogniser: the names to load the model and the recogniser by
        later. meaning, sound, pictures, audio_track, audio_language: see `hearsight.index`. reader: "rapidocr" to
        read text in pictures, or "none". missing: see `Identity`; None for what is recorded. A library whose folder was
        moved belongs to the given folder from then on, and one whose model was moved is loaded by the given name.
        Raises HearsightError if there is no such folder, if the library is that of another one, was made with another
        model or cut otherwise, or if its location contains other files.
        """
        from hearsight.library.indexing.create import create

        folder, location = resolve_paths(folder, library)
        options = recogniser, meaning, sound, reader, missing, pictures, rebuild, keep_features
        tracks = audio_track, audio_language
        identity = create(folder, location, model, cut, seconds, name, *options, *tracks)
        return cls(folder, location, identity, model=model)

    @classmethod
    def plan(
        cls,
        folder: str | Path,
        *,
        model: str | Path | VideoTextModel | None = None,
        library: str | Path | None = None,
        cut: str | None = None,
        seconds: float | None = None,
        recogniser: str | None = None,
        meaning: str | None = None,
        sound: str | None = None,
        read: bool | None = None,
        pictures: bool | None = None,
        device: str = "cpu",
        dtype: str = "auto",
        rebuild: bool = False,
        retry: bool = False,
        keep_features: bool = False,
        audio_track: int | None = None,
        audio_language: str | None = None,
    ) -> Plan[Self]:
        """Decide how to index a folder; see `hearsight.index` for the parameters. Loads nothing and writes nothing.

        Raises HearsightError if the folder has nothing to index, no index can be kept there, the existing one cannot be
        read, or its model was a folder that is gone.
        """
        from hearsight.library.plan import make_plan

        options = read, pictures, device, dtype, rebuild, retry, keep_features, audio_track, audio_language
        return make_plan(cls.create, folder, model, library, cut, seconds, recogniser, meaning, sound, *options)

    @property
    def model(self) -> VideoTextModel:
        """The model that made the library's vectors. Raises HearsightError if it cannot be loaded, or has changed."""
        return self._model.get(self.identity)

    def use(self, model: VideoTextModel) -> None:
        """Use a loaded model instead of loading it again. Raises HearsightError if the vectors are not its own."""
        self._model.use(model, self.identity)

    @property
    def query_encoder(self) -> QueryEncoder:
        """What encodes queries and compares them with clips. Raises HearsightError as `model` does."""
        return self._model.query_encoder(self.identity)

    def search(
        self,
        query: str,
        mode: Mode = "hybrid",
        limit: int = 10,
        filters: Filters | None = None,
        *,
        all_moments: bool = False,
        min_confidence: float | None = None,
    ) -> SearchResult:
        """Return the best moments of the best `limit` videos, best first; search/rank.py explains the ranking.

        all_moments: return the best `limit` moments, several of a video. min_confidence: leave out moments of less
        confidence; None returns weak ones, too.
        Raises HearsightError for a query that says nothing to look for (see `Question.parse`).
        """
        from hearsight.library.search.search import search

        filters = filters or Filters()
        result = search([self.searchable], query, self.query_encoder, mode, limit, filters, all_moments)
        return result.at_least(min_confidence or 0.0)

    def similar(
        self, clip: Hit | str, limit: int = 10, filters: Filters | None = None, *, by: Sense | None = None
    ) -> SearchResult:
        """Return the moments of other videos that are most like a clip: a hit, or the id of one (`Hit.clip`).

        by: compare what is "seen", "heard" or "said"; None for all, which search/similar.py puts together.
        Raises HearsightError for a clip that lacks what is compared and, like every method that takes a clip, for one
        that is not in the library any more.
        """
        from hearsight.library.search.similar import similar

        return similar([self.searchable], self.searchable, clip_id(clip), limit, filters or Filters(), by)

    def search_by_example(
        self, example: str | Path | Example, limit: int = 10, filters: Filters | None = None, *, by: Sense | None = None
    ) -> SearchResult:
        """Return the moments that are most like a picture, a sound or a short video: a file, or what is decoded of one.

        by: compare what is "seen" or "heard"; None for both. Nothing is transcribed. Raises HearsightError for a file
        that cannot be decoded, or lacks what is compared.
        """
        from hearsight.library.search.similar import search_by_example

        return search_by_example([self.searchable], self.model, example, limit, filters or Filters(), by)

    def moments(self, clip: Hit | str, query: str, mode: Mode = "hybrid") -> list[Hit]:
        """Return every clip of a clip's video in order of time, each with its rank among them."""
        from hearsight.library.search.search import moments

        return moments(self.searchable, query, self.query_encoder, mode, clip_id(clip))

    def transcript(self, clip: Hit | str, query: str | None = None, around: float = AROUND) -> Transcript:
        """Return what is said in a clip and `around` seconds before and after it, with the query's words marked."""
        from hearsight.library.search.clip_details import transcript

        return transcript(self.searchable, clip_id(clip), query, around)

    def clip(self, clip: Hit | str) -> ClipDetails:
        """Return the description of a clip."""
        from hearsight.library.search.clip_details import details

        return details(self.searchable, clip_id(clip))

    def thumbnail(self, clip: Hit | str) -> bytes | None:
        """Return a picture of a clip as JPEG; None if it has no pictures."""
        from hearsight.library.search.clip_details import thumbnail

        return thumbnail(self.searchable, clip_id(clip))

    def info(self) -> LibraryInfo:
        """Return what is in the library."""
        from hearsight.library.tables.library_info import library_info

        return library_info(self.folder, self.identity, self._store)

    def folders(self) -> list[str]:
        """Return the folders below its own that hold videos, with forward slashes, in order."""
        from hearsight.library.tables.library_info import video_folders

        return video_folders(self._store)

    def failures(self) -> list[Failure]:
        """Return the files that could not be indexed, by path."""
        return [failure for _, (failure, _) in sorted(self._store.failures().items())]

    def tracks(self) -> list[SoundTrack]:
        """Return the sound track that was heard of each file that has several, by path."""
        from hearsight.library.tables.library_info import heard_tracks

        return heard_tracks(self._store)

    def update(
        self,
        progress: UpdateListener | None = None,
        retry: bool = False,
        *,
        recogniser: str | Recogniser | None = None,
        engine: Engine | None = None,
    ) -> UpdateReport:
        """Index what is new or changed in the folder, follow what was moved, and drop what is gone.

        A file that cannot be indexed is recorded under `failures`. It is tried again when it has changed or, with
        retry, now. An update may be interrupted at any point: the next one finishes it. Searches may run meanwhile.
        recogniser: a name or an object; None for the one that the library records. engine: what reads and encodes; this
        process by default. A sound expert and a reader of text go through the files after that, always in this process.
        Raises HearsightError for a folder without videos, while another process updates the library, or if one of its
        experts is not on this machine.
        """
        from hearsight.library.library_experts import LibraryExperts
        from hearsight.library.run_update import run_update
        from hearsight.ocr.load import recorded_reader
        from hearsight.speech.load import library_recogniser

        speech = library_recogniser(recogniser, self.identity.recogniser)
        reader = recorded_reader(self.identity.reader)
        LibraryExperts.load(self.identity)  # before any work is done in vain
        model = self.model
        with self._writing():
            work = self.folder, self._store, self.identity, model, speech, reader, progress or NullListener()
            report = run_update(*work, retry, engine, self._model.device)
        self._model.write_queries(self.identity)
        return report

    def change_model(
        self, model: Model, progress: UpdateListener | None = None, name: str | None = None, keep_features: bool = False
    ) -> UpdateReport:
        """Give all clips the vectors of another model. Pictures and sounds are read again; nothing is transcribed.

        Nothing is read if features of the same towers were kept. Searches use the old model until all is done, and an
        interrupted run is finished by the next one. What is new or changed in the folder is left to the next update.
        name: as in `reindex`. keep_features: keep those of the new towers, as a library does that has kept some.
        Raises HearsightError if files that may be all right cannot be read now, and as `reindex` and `update` do.
        """
        from hearsight.library.indexing.reencode import reencode

        return self._switch(
            model, name, lambda new: reencode(self.folder, self._store, self.identity, new, progress, keep_features)
        )

    def reindex(self, model: Model, progress: Progress | None = None, name: str | None = None) -> ReindexReport:
        """Give all clips the vectors of another model with the same towers, from features that were kept.

        No file is decoded. Searches use the old model until all is done; an interrupted run is finished by the next
        one. name: the name to load it by later, for a model that is loaded already.
        Raises HearsightError if no features were kept, or if the model has other towers.
        """
        from hearsight.library.indexing.reindex import reindex

        self.identity.check_features(self.location)  # before a model is loaded in vain
        return self._switch(model, name, lambda loaded: reindex(self._store, self.identity, loaded, progress))

    def _switch(self, model: Model, name: str | None, encode: Encode[R]) -> R:
        """Use the table that `encode` fills from now on. It returns the new identity, without a name, and a report."""
        from hearsight.library.indexing.new_vectors import switch_tables
        from hearsight.library.library_experts import LibraryExperts
        from hearsight.library.run_update import calibrate_new_model

        LibraryExperts.load(self.identity)  # before any work is done in vain
        loaded, name = self._model.load_other(model, name)
        with self._writing(drop_old=False):
            identity, report = encode(loaded)
            self.identity = switch_tables(self.location, replace(identity, model=name))
            self._store, self._model = self._open_store(), self._model.without_model()
            self.use(loaded)
            calibrate_new_model(self._store, self.identity, loaded)
        return report

    def optimise(self) -> MaintenanceReport:
        """Bring the tables into the best order for searches, which may run meanwhile; see tables/maintenance.py.

        An update does this, too, when it is worth while. Raises HearsightError while another process updates it.
        """
        with self._writing():
            return self._store.maintain(thorough=True)

    def repair(self) -> RepairReport:
        """Restore what can be read of damaged tables; see tables/repair.py. The next update restores the rest.

        Raises HearsightError if nothing of a table can be read, or while another process updates the library.
        """
        from hearsight.library.tables.repair import repair

        with self._writing(drop_old=False):
            report = repair(self.location, self.identity)
            self.identity = Identity.read(self.location) or self.identity
        self._store = self._open_store()
        return report

    @contextmanager
    def _writing(self, drop_old: bool = True) -> Iterator[None]:
        """Hold the library for writing, with its identity as it is now. See `writing`."""
        from hearsight.library.tables.maintenance import drop_former

        with writing(self.location, self.identity) as identity:
            self.identity = drop_former(self.location, identity) if drop_old else identity
            yield
