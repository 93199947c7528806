"""Add the words of transcripts, and of what is read, to the tables of an older Hearsight, which have the texts alone.

Each table gets its column in one step, and searches use the texts until then. Files are not read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.schema import WORDS
from hearsight.library.tables.store import Store
from hearsight.library.words.indexed_words import indexed_transcript, indexed_words, sound_mark
from hearsight.library.words.stems import stemming_languages
from hearsight.speech.language import detect_language

BATCH = 1024  # clips
ENOUGH_LETTERS = 20_000  # of a video, to tell its language


def add_words(store: Store, identity: Identity) -> None:
    """Add what is missing. The caller holds the library for writing. Raises HearsightError if it cannot be written.

    identity: of the library. An older Hearsight would add clips without words, and is kept from it first.
    """
    if not store.transcripts.has_words:
        identity.write(store.location)
        _detect_languages(store)
        store.add_words(_words_of(store, _words_of_transcripts))
        _drop_windows_of_sounds(store)
    if store.texts.exists and not store.texts.index.has_words:
        store.texts.add_words(_words_of(store, _words_of_texts))


def _drop_windows_of_sounds(store: Store) -> None:
    """Remove the windows of clips that describe sounds: an older Hearsight has taken these for what is said.

    The update fills them again.
    """
    calibration = Calibration.read(store.location)
    marks = tuple(map(sound_mark, sorted(stemming_languages(store.snapshot().videos.languages))))
    clips: list[str] = store.transcripts.containing([[marks]], ["id"])["id"].to_pylist()
    for expert in calibration.experts if calibration and clips else ():
        if (windows := store.windows(expert)).exists:
            windows.drop_clips(clips)


def _detect_languages(store: Store) -> None:
    """Record the languages of videos whose subtitles did not name it."""
    unknown = {id: video for id, video in store.snapshot().videos.items() if video.language is None}
    texts: defaultdict[str, str] = defaultdict(str)
    for rows in store.batches(["video", "transcript"], BATCH) if unknown else ():
        for video, text in zip(rows["video"].to_pylist(), rows["transcript"].to_pylist(), strict=True):
            if text and video in unknown and len(texts[video]) < ENOUGH_LETTERS:
                texts[video] += f" {text}"
    languages = {id: detect_language(text) for id, text in texts.items()}
    if rows := [replace(unknown[id], language=language) for id, language in languages.items() if language]:
        store.move_videos(rows)


def _words_of(store: Store, words_of_row: Callable[[dict[str, Any], str | None], str]) -> Any:
    """Return a function from rows with `video` and their texts to a column of their words."""
    videos = store.snapshot().videos
    languages: Mapping[str, str | None] = {id: video.language for id, video in videos.items()}

    def words(rows: pa.RecordBatch) -> pa.RecordBatch:
        own = [words_of_row(row, languages.get(row["video"])) for row in rows.to_pylist()]
        return pa.RecordBatch.from_arrays([pa.array(own, pa.string())], [WORDS])

    return words


def _words_of_transcripts(row: dict[str, Any], language: str | None) -> str:
    return indexed_transcript([line["text"] for line in row["lines"] or []] or [row["transcript"] or ""], language)


def _words_of_texts(row: dict[str, Any], language: str | None) -> str:
    return indexed_words(row["text"] or "", language)
