"""Results, and the interface that libraries, collections and clients share."""

import inspect
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from hearsight import Client
from hearsight.library import Collection, Library, SearchResult

RESULT = SearchResult("q", "hybrid", [], 9, 3, 9, 1.0, matches=2)


@pytest.mark.parametrize("matches", [0, 1, 7])
def test_matched_cannot_disagree_with_the_number_of_matches(matches):
    result = replace(RESULT, matches=matches)
    assert result.matched == result.to_dict()["matched"] == (matches > 0)
    with pytest.raises(TypeError):
        SearchResult("q", "hybrid", [], 9, 3, 9, 1.0, matches=matches, matched=not result.matched)
    read = TypeAdapter(SearchResult).validate_python({**result.to_dict(), "matched": not result.matched})
    assert read == result


def test_arguments_without_names_mean_the_same_everywhere():
    first, *others = [positional(each.search) for each in (Library, Collection, Client)]
    assert first == ["self", "query", "mode", "limit", "filters"] and all(other == first for other in others)
    assert positional(Library.similar) == positional(Collection.similar) == positional(Client.similar)


def positional(method) -> list[str]:
    parameters = inspect.signature(method).parameters.values()
    return [each.name for each in parameters if each.kind is not each.KEYWORD_ONLY]
