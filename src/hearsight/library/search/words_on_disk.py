"""What searches on disk ask a full-text index: of transcripts, or of what is read in pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from hearsight.library.search.edit_distance import words_near
from hearsight.library.search.phrase import Phrase
from hearsight.library.tables.transcript_index import TranscriptIndex

MOST_TRANSCRIPTS = 100  # that are read to find words like a mistyped one, for each of these
# Times as many rows are read where clips with or without sound or speech are asked for: rows do not tell.
SILENT = 10


def clips_with(index: TranscriptIndex, phrases: Sequence[Phrase]) -> frozenset[str]:
    """Return the ids of the clips whose texts contain any of the phrases, at least one.

    The index finds the clips with all words of a phrase, in any order.
    """
    ids, column = set[str](), index.column
    if single := [text for phrase in phrases if phrase.is_one_stem for text in phrase.variants]:
        ids.update(index.containing(single, ["id"])["id"].to_pylist())
    if longer := [phrase for phrase in phrases if not phrase.is_one_stem]:
        table = index.containing([text for phrase in longer for text in phrase.variants], ["id", column])
        clips = zip(table["id"].to_pylist(), table[column].to_pylist(), strict=True)
        ids.update(id for id, text in clips if any(phrase.is_in(text) for phrase in longer))
    return frozenset(ids)


def near_words(index: TranscriptIndex, edits_of: Mapping[str, int]) -> dict[str, Counter[str]]:
    """Return the words of texts that are like each stem; see `ClipIndex`.

    To swap two letters is two edits for the full-text index.
    """
    counts = {stem: Counter[str]() for stem in edits_of}
    for edits_of_index in (1, 2):
        if pending := [stem for stem in edits_of if not counts[stem]]:
            transcripts = index.similar(pending, edits_of_index, MOST_TRANSCRIPTS * len(pending))
            counts |= {stem: words_near(stem, edits_of[stem], transcripts) for stem in pending}
    return counts
