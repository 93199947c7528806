"""A library: a folder of videos that can be searched."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path, PurePosixPath

from hearsight.errors import HearsightError
from hearsight.library.indexing.engine import Engine, InProcess
from hearsight.library.indexing.update import Update
from hearsight.library.results import (
    Failure,
    Filters,
    LibraryInfo,
    Mode,
    Reindexed,
    Repaired,
    SearchResult,
    Unwatched,
    UpdateReport,
    Upkeep,
    Watcher,
)
from hearsight.library.search.rank import search
from hearsight.library.search.view import Place
from hearsight.library.tables.disk import bytes_of, check_free, clear, remove
from hearsight.library.tables.identity import (
    Identity,
    folder_as_seen_from,
    folder_of,
    kept_at,
    places,
)
from hearsight.library.tables.lock import updating
from hearsight.library.tables.maintenance import KEEP_VERSIONS
from hearsight.library.tables.store import Store
from hearsight.models.base import VideoTextModel
from hearsight.models.catalog import DEMO
from hearsight.speech.recogniser import Recogniser
from hearsight.util.progress import Progress


class Library:
    """A folder of videos, indexed. Make one with `Library.create`, or `Library.open` one that is there.

    library = Library.create(Path("holiday"), model)
    library.update(model, recogniser)
    library.search("a bell rings", model).hits
    """

    def __init__(self, folder: Path, at: Path, identity: Identity, resident: bool = False) -> None:
        self.folder, self.at, self.identity = folder, at, identity
        self._resident = resident
        self._store = self._opened()
        self._checked: weakref.ref[VideoTextModel] | None = None

    def _opened(self) -> Store:
        return Store(self.at, self.identity, self._resident)

    @property
    def place(self) -> Place:
        return Place(self.folder.name, self.folder, self._store)

    @classmethod
    def create(
        cls,
        folder: Path,
        model: VideoTextModel,
        at: Path | None = None,
        by: str | None = None,
        seconds: float | None = None,
        name: str | None = None,
        recogniser: str | None = None,
        rebuild: bool = False,
        keep_features: bool = False,
    ) -> Library:
        """A new library for a folder, or the one that is there.

        at: where to keep it; in the folder as `.hearsight` by default. by, seconds: how files are cut (see media.cut);
        None is what the library has, and windows of 15 s for a new one. name, recogniser: what to load the model and
        the recogniser by again. rebuild: begin anew, whatever there is of it; only the way of cutting is kept, the
        recogniser's name, and whether features are.
        keep_features: keep what the towers make of each clip, for `reindex`; a library that does goes on doing so.
        A library whose folder was moved is one of the folder that is given now, and one whose model was moved is loaded
        by the name that is given now. Raises HearsightError if there is no such folder, or the library is of another
        one, was made by another model or cut otherwise, or where it would be kept there are other things.
        """
        folder, at = places(folder, at)
        known = Identity.known(at, rebuild)
        usual = (known.by, known.seconds) if known else ("window", 15.0)
        identity = Identity(
            folder=folder_as_seen_from(at, folder),
            model=name or _name(model),
            fingerprint=model.fingerprint,
            method=model.config.method,
            frames=model.config.frames,
            width=model.width,
            by=usual[0] if by is None else by,
            seconds=usual[1] if seconds is None else seconds,
            towers=model.towers_fingerprint if keep_features or (known and known.towers) else None,
            recogniser=recogniser or (known.recogniser if known else None),
        )
        identity.check_cutting()
        if known is None or rebuild:
            # Before a lock is put there. What cannot be looked at is told when that is tried.
            with suppress(OSError):
                check_free(at, rebuild)
            with updating(at):
                known = None if rebuild else Identity.read(at)  # another process may have made it meanwhile
                if known is None:
                    clear(at, rebuild)
                    library = cls(folder, at, identity)
                    library._store.create(model)
                    identity.write(at)
                    return library
        library = cls(folder, at, known)
        library.check(model)
        if keep_features and known.towers is None:
            raise HearsightError(
                f"the library at {at} has kept no features so far; leave --keep-features out, or add --rebuild"
            )
        if identity.cutting != known.cutting:
            raise HearsightError(
                f"the library at {at} is cut in {known.cutting}, not in {identity.cutting}; leave that out, "
                "or make it anew with --rebuild"
            )
        known.check_folder(at, folder)
        if identity.folder != known.folder:
            library._check_moved()
        library._record(identity.folder, name or known.model, recogniser or known.recogniser)
        return library

    @classmethod
    def open(cls, folder: Path | None = None, at: Path | None = None, resident: bool = False) -> Library:
        """The library of a folder, or the one that is kept at `at`, which knows its folder.

        resident: keep what searches read in memory where it is not too much, for those that follow each other closely.
        Raises HearsightError when there is none, or it is of another folder.
        """
        if folder is None and at is not None:
            at = kept_at(at)
            if identity := Identity.read(at):
                return cls(folder_of(at, identity), at, identity, resident)
            raise HearsightError(f"there is no library at {at}; make it with: hearsight index FOLDER --library {at}")
        folder, at = places(folder or Path(), at)
        if identity := Identity.read(at):
            identity.check_folder(at, folder)
            return cls(folder, at, identity, resident)
        raise HearsightError(f"{folder} is not indexed (nothing at {at}); run: hearsight index {folder}")

    def update(
        self,
        model: VideoTextModel,
        recogniser: Recogniser | None,
        progress: Watcher | None = None,
        engine: Engine | None = None,
        retry: bool = False,
    ) -> UpdateReport:
        """Index what is new or changed in the folder, follow what was moved, forget what is gone.

        engine: what reads and encodes; this process by default.

        A file that cannot be indexed is recorded under `failures` and tried again when it has changed, or, with retry,
        now. May be interrupted at any point: the next update finishes the rest. Searches may go on meanwhile.
        Raises HearsightError for another model, a folder without videos, or while another process updates it.
        """
        self.check(model)
        with self._writing():
            self._drop_former()
            self._store.create(model)
            update = Update(
                self.folder,
                self._store,
                model,
                recogniser,
                self.identity.by,
                self.identity.seconds,
                progress or Unwatched(),
                engine or InProcess(),
            )
            return update.run(retry)

    def reindex(self, model: VideoTextModel, name: str | None = None, progress: Progress | None = None) -> Reindexed:
        """Give all clips the vectors of another model with the same towers, from features that were kept.

        No file is decoded. Searches go on with the old model until all is done; an interrupted run is taken up by the
        next. name: what to load the model by again.
        Raises HearsightError where no features are kept, or the model has other towers.
        """
        from hearsight.library.indexing.reindex import reindex

        with self._writing():
            identity, done = reindex(self._store, self.identity, model, progress)
            self.identity = replace(identity, model=name or _name(model))
            self.identity.write(self.at)
            # No search that still runs reads the one before the last, and nobody one that was left half-done.
            for table in self.at.glob("clips*.lance"):
                if table.stem not in (self.identity.clips, self.identity.former):
                    remove(table)
        self._store = self._opened()
        self._checked = None
        return done

    def optimise(self) -> Upkeep:
        """Bring the tables into the best order for searches, which may go on meanwhile; upkeep.py says what that is.

        An update does so, too, where it is worth while. Raises HearsightError while another process updates it.
        """
        with self._writing():
            self._drop_former()
            return self._store.tidy(thorough=True)

    def repair(self) -> Repaired:
        """Restore what can be read of damaged tables; repair.py says how. An update makes the rest again.

        Raises HearsightError for a table of which nothing can be read, or while another process updates the library.
        """
        from hearsight.library.tables.repair import repair

        with self._writing():
            done = repair(self.at, self.identity)
            self.identity = Identity.read(self.at) or self.identity
        self._store = self._opened()
        return done

    def search(
        self, query: str, model: VideoTextModel, mode: Mode = "hybrid", limit: int = 10, filters: Filters | None = None
    ) -> SearchResult:
        """The best moments of the best `limit` videos, best first; search.py says how they are ranked.

        Raises HearsightError for another model, or a query that has nothing to look for.
        """
        self.check(model)
        return search([self.place], query, model, mode, limit, filters or Filters())

    def info(self) -> LibraryInfo:
        snapshot = self._store.snapshot()
        return LibraryInfo(
            folder=self.folder,
            at=self.at,
            model=self.identity.model,
            fingerprint=self.identity.fingerprint,
            method=self.identity.method,
            by=self.identity.by,
            seconds=self.identity.seconds,
            recogniser=self.identity.recogniser or "auto",
            videos=len(snapshot.videos),
            clips=snapshot.clips,
            hours=sum(video.duration for video in snapshot.videos.values()) / 3600,
            with_speech=self._store.count("has_speech"),
            with_sound=self._store.count("has_sound"),
            failures=len(self._store.failures()),
            bytes=bytes_of(self.at),
        )

    def folders(self) -> list[str]:
        """The folders below its own that videos are in, with forward slashes, in order."""
        paths = (PurePosixPath(video.path) for video in self._store.snapshot().videos.values())
        return sorted({str(folder) for path in paths for folder in path.parents if folder.name})

    def failures(self) -> list[Failure]:
        """The files that could not be indexed, by path."""
        return [failure for _, (failure, _) in sorted(self._store.failures().items())]

    def _check_moved(self) -> None:
        """Raises HearsightError where a folder that is to be the library's from now on has none of its videos.

        Its own is gone, or only not mounted; an update would forget all that was in it.
        """
        videos = self._store.snapshot().videos.values()
        if videos and not any((self.folder / video.path).exists() for video in videos):
            raise HearsightError(
                f"none of the {len(videos)} videos of the library at {self.at} is in {self.folder}; name the folder "
                "they are in, mount its disk, or index this one elsewhere (--library)"
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the library, as it is now: it may have been written since it was opened.

        Raises HearsightError if it is another by now, or while another process holds it.
        """
        with updating(self.at):
            now = Identity.read(self.at)
            if now is None or (now.fingerprint, now.clips, now.cutting) != (
                self.identity.fingerprint,
                self.identity.clips,
                self.identity.cutting,
            ):
                raise HearsightError(
                    f"the library at {self.at} was made anew meanwhile, or given another model; start this again"
                )
            self.identity = now
            yield

    def _drop_former(self) -> None:
        """Remove the table that `reindex` has replaced, once no search can read it any more."""
        age = time.time() - (self.at / "library.json").stat().st_mtime
        if self.identity.former and age > KEEP_VERSIONS.total_seconds():
            remove(self.at / f"{self.identity.former}.lance")
            self.identity = replace(self.identity, former=None)
            self.identity.write(self.at)

    def _record(self, folder: str, model: str, recogniser: str | None) -> None:
        """Keep where the folder and the model are now, and who listens."""
        if (folder, model, recogniser) != (self.identity.folder, self.identity.model, self.identity.recogniser):
            with self._writing():
                self.identity = replace(self.identity, folder=folder, model=model, recogniser=recogniser)
                self.identity.write(self.at)

    def check(self, model: VideoTextModel) -> None:
        """Raises HearsightError for another model than that which made the vectors. A second look costs nothing."""
        if self._checked is not None and self._checked() is model:
            return
        if model.fingerprint != self.identity.fingerprint:
            made = f"{self.identity.model} ({self.identity.method}, {self.identity.fingerprint})"
            raise HearsightError(
                f"the library at {self.at} was made with the model {made}, not with {_name(model)} "
                f"({model.config.method}, {model.fingerprint}); give that one, or make the library anew with --rebuild"
            )
        self._checked = weakref.ref(model)


def _name(model: VideoTextModel) -> str:
    source = str(model.tokenizer.source)
    return "demo" if source == str(DEMO) else source
