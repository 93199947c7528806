"""What searches on disk ask a full-text index: of transcripts, or of what is read in pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from hearsight.library.search.edit_distance import words_near
from hearsight.library.search.phrase import Phrase
from hearsight.library.search.query_words import Query
from hearsight.library.tables.transcript_index import TranscriptIndex
from hearsight.library.words.indexed_words import sound_mark, stems_of_rows, stems_of_word
from hearsight.library.words.stems import DEFAULT, HEARD, bare_stem, language_of

MOST_TRANSCRIPTS = 100  # that are read to find words like a mistyped one, for each of these
# Times as many rows are read where clips with or without sound or speech are asked for: rows do not tell.
SILENT = 10


class WordsOnDisk:
    """The words of clips in a full-text index. languages: by which its texts are stemmed.

    The index of an older Hearsight, which has the texts alone, knows English stems.
    """

    def __init__(self, index: TranscriptIndex, languages: Collection[str]) -> None:
        self._index, self.languages = index, languages if index.has_words else (DEFAULT,)

    @property
    def describes_sounds(self) -> bool:
        """Whether any text describes a sound."""
        return self._index.has_words and self._index.has_any(sorted(map(sound_mark, self.languages)))

    def text_of(self, query: Query) -> str:
        """Return what to ask the index for, to find the clips with any content word of a query; "" for nothing."""
        if self._index.has_words:
            return " ".join(sorted(query.search_stems(self.languages)))
        words = query.within(DEFAULT)
        return " ".join([*words.plain_content_words, *words.spelled_words])

    def clips_with(self, phrases: Sequence[Phrase]) -> frozenset[str]:
        """Return the ids of the clips whose texts contain any of the phrases, at least one.

        The index finds the clips with all words of a phrase, in any order.
        """
        ids, index = set[str](), self._index
        if single := [phrase for phrase in phrases if phrase.is_one_stem]:
            ids.update(index.containing(self._runs(single), ["id"])["id"].to_pylist())
        if longer := [phrase for phrase in phrases if not phrase.is_one_stem]:
            table = index.containing(self._runs(longer), ["id", *index.columns])
            texts = table[index.column].to_pylist()
            for id, text, words in zip(table["id"].to_pylist(), texts, stems_of_rows(table, index.column), strict=True):
                language = language_of(words[0]) if words else DEFAULT
                if any(phrase.is_in(text, language, words) for phrase in longer):
                    ids.add(id)
        return frozenset(ids)

    def _runs(self, phrases: Sequence[Phrase]) -> list[tuple[tuple[str, ...], ...]]:
        if self._index.has_words:
            return [run for phrase in phrases for run in phrase.stems_of_runs(self.languages)]
        return [run for phrase in phrases for run in phrase.runs]

    def has_word(self, word: str) -> bool:
        """Return whether any text contains a word, in any form, said or heard."""
        stems = sorted(stems_of_word(word, self.languages))
        return self._index.has_any([*stems, *(HEARD + stem for stem in stems)] if self._index.has_words else [word])

    def near_words(self, edits_of: Mapping[str, int]) -> dict[str, Counter[str]]:
        """Return the words of texts that are like each of these; see `ClipIndex`.

        To swap two letters is two edits for the full-text index.
        """
        counts = {word: Counter[str]() for word in edits_of}
        for edits_of_index in (1, 2):
            for language in self.languages:
                pending = {
                    stem: word for word in edits_of if not counts[word] for stem in stems_of_word(word, [language])
                }
                if not pending:
                    continue
                similar = list(pending) if self._index.has_words else list(map(bare_stem, pending))
                similar += [HEARD + stem for stem in pending] if self._index.has_words else []
                prefix = len(language) + 1 if self._index.has_words else 1  # the first letter must be the same
                transcripts = self._index.similar(similar, edits_of_index, prefix, MOST_TRANSCRIPTS * len(pending))
                for stem, word in pending.items():
                    counts[word] += words_near(stem, edits_of[word], ((text, language) for text in transcripts))
        return counts
