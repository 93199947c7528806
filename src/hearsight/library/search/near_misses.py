"""Corrects words of a query that are said in no transcript, and read in no picture: "birhday" for "birthday".

The words come from the library itself, so names that are said in it are known. No list of them is made, which would
take long for a million clips: in memory, the stems of the postings are compared, and on disk the full-text index finds
the few transcripts that have a similar stem. Clips that are not in that index yet (a tenth at most) add no words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, islice

from hearsight.library.results import SearchResult
from hearsight.library.search.edit_distance import stem_distance
from hearsight.library.search.encoded_question import unfamiliar_words
from hearsight.library.search.query_words import Query
from hearsight.library.search.question import EXCLUDED, Question
from hearsight.library.search.view import View
from hearsight.library.words.indexed_words import stems
from hearsight.library.words.stems import DEFAULT, bare_stem, stem, stemming_languages
from hearsight.library.words.word_forms import cut
from hearsight.models.query_encoder import QueryEncoder

MIN_LETTERS, MIN_LETTERS_FOR_TWO_EDITS = 4, 8
MAX_LETTERS = 32  # of a mistyped word; the index compares none of twice as many
MOST_WORDS = 4  # of a query that are looked up
MOST_SUGGESTIONS = 3
SAID = 0.5  # a transcript with this strength says what the query says, and so does a text


def suggest_corrections(
    views: Sequence[View], question: Question, result: SearchResult, encoder: QueryEncoder
) -> list[str]:
    """Return at most three spellings of a query, best first, if a word of it is said nowhere but a similar one is.

    Where the query has a match, a word that the model has met often is spelt as it was meant: who looks for a dog that
    barks needs no "parks". So is such a word after a minus sign, always: nothing has to be left out then. None is
    corrected to a word that the query has elsewhere, which would leave out what it asks for.
    """
    queries = [query for query in (question.words, question.written_words) if query is not None]
    excluded = [Query(phrase.text) for phrase in question.exclusions]
    wanted = _absent(views, _wanted(question, result), encoder if result.matched else None)
    left_out = _absent(views, list(chain.from_iterable(map(_correctable, excluded))), encoder)
    taken = frozenset[str]().union(*(query.within(DEFAULT).distinct_stems for query in queries + excluded))
    left_out = [word for word in left_out if word not in wanted]
    corrections = _corrections(views, wanted + left_out, taken)
    if not corrections:
        return []
    first, *others = corrections
    text = question.text
    for word in others:
        text = _replace(text, word, corrections[word][0], word in left_out)
    return [_replace(text, first, nearest, first in left_out) for nearest in corrections[first][:MOST_SUGGESTIONS]]


def _wanted(question: Question, result: SearchResult) -> list[str]:
    """Return the words that are looked for and can be corrected; none if a hit says the query."""
    query = question.words or question.written_words
    if query is None or any(max(hit.words, query.strength(stems(hit.text, DEFAULT))) >= SAID for hit in result.hits):
        return []
    return list(_correctable(query))


def _absent(views: Sequence[View], words: Sequence[str], encoder: QueryEncoder | None) -> list[str]:
    """Return the words that are said and read nowhere. encoder: of a model whose familiar words are left out."""
    return [
        word
        for word in islice(dict.fromkeys(words), MOST_WORDS)
        if (encoder is None or unfamiliar_words([word], encoder)) and not any(view.has_word(word) for view in views)
    ]


def _correctable(query: Query) -> Iterator[str]:
    """Yield the content words that are long enough to be corrected, as they are typed."""
    for word in cut(query.text):
        typed = query.text[word.start : word.end]
        is_content = stem(word.forms[0], DEFAULT) in query.within(DEFAULT).content_stems
        if is_content and len(typed) >= MIN_LETTERS and typed.isalpha():
            yield typed


def _corrections(views: Sequence[View], words: Sequence[str], excluded: Collection[str]) -> dict[str, list[str]]:
    """Return the words of transcripts that are most like each of these, the nearest and most frequent first.

    excluded: stems of words that correct nothing. A word without such words is left out.
    """
    lengths = {word: len(_bare_stem(word)) for word in words}
    edits_of = {
        word: 1 if length < MIN_LETTERS_FOR_TWO_EDITS else 2
        for word, length in lengths.items()
        if length <= MAX_LETTERS
    }
    if not edits_of:
        return {}
    counts: dict[str, Counter[str]] = {word: Counter() for word in words}
    for view in views:
        for word, near in view.near_words(edits_of).items():
            counts[word].update(near)
    languages = stemming_languages(language for view in views for language in view.snapshot.videos.languages)
    corrections = {}
    for word in words:
        distances = {near: _distance(near, word, edits_of[word], languages) for near in counts[word]}
        nearest = sorted(distances, key=lambda near: (distances[near], -counts[word][near], near))
        if nearest := [near for near in nearest if stem(near, DEFAULT) not in excluded]:
            corrections[word] = nearest
    return corrections


def _bare_stem(word: str) -> str:
    return bare_stem(stem(cut(word)[0].forms[0], DEFAULT))


def _distance(a: str, b: str, limit: int, languages: Collection[str]) -> int:
    """Return the smallest distance of the stems of two words, in any of the languages."""
    both = ((stem(a, language), stem(cut(b)[0].forms[0], language)) for language in languages)
    return min(stem_distance(*stems, limit) for stems in both)


def _replace(text: str, word: str, other: str, is_left_out: bool) -> str:
    """Return a query with another spelling of a word: of one that is looked for, or of one after a minus sign."""
    typed = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")

    def replace(match: re.Match[str]) -> str:
        if match["excluded"] is None:
            return match[0] if is_left_out else other
        return typed.sub(lambda _: other, match[0]) if is_left_out else match[0]

    return re.sub(f"(?P<excluded>(?i:{EXCLUDED}))|{typed.pattern}", replace, text)
