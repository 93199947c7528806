"""Opens a library for one search: a snapshot of its tables, on disk or in memory, with the filters resolved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.results import Filters
from hearsight.library.search.clip_vectors import ClipVectors, FieldShapes
from hearsight.library.search.clip_windows import ClipWindows
from hearsight.library.search.condition import Condition
from hearsight.library.search.on_disk import OnDisk
from hearsight.library.search.phrase import Phrase
from hearsight.library.search.query_words import Query, WordMatch
from hearsight.library.search.question import Question
from hearsight.library.search.text_index import TextIndex, TextsOnDisk
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.snapshot import Snapshot
from hearsight.library.tables.store import Store
from hearsight.library.words.stems import stemming_language, stemming_languages


class ClipIndex(Protocol):
    """The interface of `OnDisk` and `InMemory`, which find clips and read them.

    extra: the further fields to read, see `FieldShapes`.
    """

    def candidates(
        self,
        vector: NDArray[np.float32] | None,
        query: Query | None,
        window_vectors: Sequence[tuple[str, NDArray[np.float32]]],
        limit: int,
        condition: Condition,
        extra: FieldShapes,
        others: Collection[str] = (),
    ) -> tuple[ClipVectors, dict[str, WordMatch]]:
        """Return the clips nearest to a query by each expert, each clip once.

        vector: of the model; None if it is not asked. query: the words to match; None for no words. window_vectors:
        the names of experts with windows, each with its vector of the query or of a part of it. limit: the number of
        clips that each of all these contributes. others: ids of clips that are returned, too, if they meet the
        condition. Returns the clips, in any order, and the matches of the clips that contain any of the words, by id.
        """

    def windows_of(self, expert: str, ids: Sequence[str]) -> ClipWindows:
        """Return the windows of these clips that an expert compares, numbered by their position in `ids`."""

    def rows(self, row_ids: Mapping[str, int], names: Sequence[str]) -> pa.Table:
        """Return these columns of clips, in any order, without clips that were removed meanwhile.

        row_ids: the row ids of the clips (see `ClipVectors`), by clip id.
        """

    @property
    def describes_sounds(self) -> bool:
        """Whether any transcript describes a sound."""

    def match_sounds(self, query: Query, limit: int, condition: Condition) -> dict[str, WordMatch]:
        """Return how the clips whose transcripts describe a query's sound best match its words, by id; at most `limit`.

        query: with `describes_sound`.
        """

    def clips_of_video(
        self, video: str, query: Query | None, extra: FieldShapes
    ) -> tuple[ClipVectors, dict[str, WordMatch]]:
        """Return all clips of a video, in any order, and how strongly each matches a query's words, by id."""

    def clips_saying(self, phrases: Sequence[Phrase]) -> frozenset[str]:
        """Return the ids of all clips whose transcripts contain any of the phrases, at least one."""

    def has_word(self, word: str) -> bool:
        """Return whether any transcript contains a word, in any form, said or heard."""

    def near_words(self, edits_of: Mapping[str, int]) -> dict[str, Counter[str]]:
        """Return, for each word, those of transcripts whose stems are like its own, with how many of them were read.

        edits_of: how many edits (see `edit_distance`) a stem may be away from that of each word.
        """


@dataclass(frozen=True)
class Searchable:
    """A library as the input of search functions.

    name: distinguishes the library from others that are searched together with it. fingerprint: of its model.
    """

    name: str
    folder: Path
    store: Store
    fingerprint: str


@dataclass(frozen=True)
class View:
    """A library as one search sees it: a snapshot, a condition on its clips, and the index that finds them.

    texts: finds what is read in pictures; None where nothing has been read. calibration: None for a search that has no
    use for it, and for a library without clips.
    """

    name: str
    folder: Path
    snapshot: Snapshot
    condition: Condition
    index: ClipIndex
    texts: TextIndex | None = None
    calibration: Calibration | None = None

    @property
    def experts(self) -> tuple[str, ...]:
        """The names of the text experts that compare its windows with queries."""
        return tuple(self.calibration.experts) if self.calibration else ()

    @property
    def sounds(self) -> tuple[str, ...]:
        """The names of the sound experts that do so."""
        return tuple(self.calibration.sounds) if self.calibration else ()

    @property
    def windows(self) -> Sequence[str]:
        """The names of the windows of all experts."""
        return self.calibration.windows if self.calibration else ()

    @property
    def can_see(self) -> bool:
        """Whether anything in the library, or in those that are searched with it, is seen."""
        return self._is_informative("seen")

    @property
    def can_hear(self) -> bool:
        """Whether anything in the library, or in those that are searched with it, is heard."""
        return self._is_informative("heard", "sound")

    @property
    def describes_sounds(self) -> bool:
        """Whether subtitles in the library describe sounds."""
        return self.index.describes_sounds

    def match_sounds(self, query: Query | None, limit: int, video: str | None = None) -> dict[str, WordMatch]:
        """Return how the clips whose subtitles describe a query's sound best match its words, by id; at most `limit`.

        query: None for no words. video: whose clips are matched; None for all.
        """
        if query is None or not self.describes_sounds:
            return {}
        condition = self.condition if video is None else replace(self.condition, videos=frozenset([video]))
        return self.index.match_sounds(query, limit, condition)

    def _is_informative(self, *names: str) -> bool:
        """Return whether any of these scores differ at all."""
        scales = self.calibration.scales if self.calibration else {}
        return any(scales[name].is_informative for name in names if name in scales)

    @classmethod
    def open(
        cls, library: Searchable, filters: Filters, exclude: str | None = None, question: Question | None = None
    ) -> View:
        """Open a library for one search.

        exclude: the id of a video whose clips may not be found. question: says what must be said, and what must not.
        """
        snapshot = library.store.recent_snapshot()
        condition = Condition.resolve(filters, snapshot.videos, snapshot.hidden, exclude)
        index = snapshot.loaded or OnDisk(library.store, snapshot)
        texts: TextIndex | None = None
        if snapshot.calibration and snapshot.calibration.readers:
            languages = stemming_languages(snapshot.videos.languages)
            texts = snapshot.loaded.texts if snapshot.loaded else TextsOnDisk(library.store.texts, languages)
        view = cls(library.name, library.folder, snapshot, condition, index, texts)
        return view if question is None else view._restrict(question)

    def _restrict(self, question: Question) -> View:
        """Return a view of the clips that have a question's phrases, and none of its exclusions."""
        containing = [self._clips_with([phrase]) for phrase in question.phrases]
        clips = frozenset.intersection(*containing) if containing else None
        hidden = self._clips_with(question.exclusions)
        return replace(self, condition=replace(self.condition, clips=clips, hidden_clips=hidden))

    def _clips_with(self, phrases: Sequence[Phrase]) -> frozenset[str]:
        """Return the ids of the clips in which any of the phrases is said, or read."""
        said = [phrase for phrase in phrases if phrase.sense != "read"]
        read = [phrase for phrase in phrases if phrase.sense != "said"]
        ids = self.index.clips_saying(said) if said else frozenset[str]()
        return ids | self.texts.clips_with(read) if read and self.texts else ids

    def language_of(self, video: str) -> str:
        """Return the language by which what is said in a video is stemmed."""
        return stemming_language(self.snapshot.videos[video].language)

    def has_word(self, word: str) -> bool:
        """Return whether a word is said or read anywhere, in any form."""
        return self.index.has_word(word) or (self.texts is not None and self.texts.has_word(word))

    def near_words(self, edits_of: Mapping[str, int]) -> dict[str, Counter[str]]:
        """Return the words that are said or read and are like these; see `ClipIndex`."""
        counts = self.index.near_words(edits_of)
        if self.texts:
            for word, read in self.texts.near_words(edits_of).items():
                counts[word] = counts[word] + read
        return counts
