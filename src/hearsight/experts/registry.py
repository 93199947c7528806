"""The experts that can be chosen by name: Hearsight's own, and those that plugins register."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.experts.checked_expert import CheckedExpert
from hearsight.experts.expert import TextExpert
from hearsight.experts.sentence_checkpoint import CHECKPOINT
from hearsight.experts.sentences import DEFAULT_MODEL, KIND, SentenceEncoder
from hearsight.experts.word_vectors import WordVectors
from hearsight.util.registry import Registry

# Makes an expert of the text behind the colon of a name, "" where there is none.
ExpertFactory = Callable[[str], TextExpert]
Factory = TypeVar("Factory", bound=ExpertFactory)

DEFAULT = WordVectors.name  # of a library
NONE = "none"


@cache
def load_expert(name: str) -> TextExpert:
    """Return the expert of a name, loaded once. Nothing is downloaded: the name may come with a stranger's library.

    "wordllama": vectors of English words, in the base install.
    "sentences:HUB-ID" or "sentences:FOLDER": a sentence encoder; see sentences.py. "sentences" alone: E5, of a hundred
    languages.
    "NAME" or "NAME:DETAIL": an expert that a plugin registered as NAME.

    Raises HearsightError for an unknown name, and for a model that is not on this machine or cannot be used.
    """
    kind, _, detail = name.partition(":")
    expert = EXPERTS.get(kind)(detail)
    return expert if kind in EXPERTS.builtin else CheckedExpert(expert)


@lru_cache(maxsize=1000)
def encode_query(text: str, expert: str) -> NDArray[np.float32]:
    """Return a query's vector by the expert of a name, (width,). Cached, because people repeat searches."""
    vector: NDArray[np.float32] = load_expert(expert).encode_queries([text])[0]
    return vector


def load_experts(meaning: str | None) -> list[TextExpert]:
    """Return the experts of a library that records this choice: None for the default, "none" for no expert."""
    return [] if meaning == NONE else [load_expert(meaning or DEFAULT)]


def choose_meaning(name: str, download: bool = True) -> str:
    """Return what a library records for an expert, after downloading what it needs if a person names it (download).

    Raises HearsightError as `load_expert` does, and if it cannot be downloaded.
    """
    if name == NONE:
        return name
    kind, _, detail = name.partition(":")
    if kind == KIND:
        model = CHECKPOINT.absolute_name(detail or DEFAULT_MODEL)
        if download:
            CHECKPOINT.download(model)
        name = f"{KIND}:{model}"
    return load_expert(name).name


def register_expert(name: str) -> Callable[[Factory], Factory]:
    """Return a decorator that registers an expert's factory: a class, or a function that returns one.

        @hearsight.register_expert("mine")
        class MyVectors:
            def __init__(self, detail: str) -> None: ...

    The factory is called with the text behind the colon of a name: "large" for "mine:large", "" for "mine". See
    `TextExpert` for what it returns. Raises HearsightError for a name that cannot be a part of a file's, and for that
    of one of Hearsight's own experts.
    """
    check_name(name, "expert")
    add = EXPERTS.register(name)

    def register(factory: Factory) -> Factory:
        add(factory)
        load_expert.cache_clear()  # the name may have been another factory's, as when a cell of a notebook runs twice
        encode_query.cache_clear()
        return factory

    return register


def check_name(name: str, noun: str) -> None:
    """Raise HearsightError for a name that cannot be a part of a file's. noun: of what is registered."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) or name == NONE:
        raise HearsightError(
            f"cannot register the {noun} '{name}': a name is of small letters, digits, - and _, and not '{NONE}'"
        )


def _word_vectors(detail: str) -> TextExpert:
    if detail:
        raise HearsightError(
            f"there is no expert '{WordVectors.name}:{detail}', as it has no variants; use '{WordVectors.name}'"
        )
    return WordVectors()


def _sentences(detail: str) -> TextExpert:
    return SentenceEncoder(detail or DEFAULT_MODEL)


EXPERTS: Registry[ExpertFactory] = Registry("expert", {WordVectors.name: _word_vectors, KIND: _sentences})
