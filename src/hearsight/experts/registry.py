"""The experts that can be chosen by name: Hearsight's own, and those that plugins register."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TypeVar

from hearsight.errors import HearsightError
from hearsight.experts.expert import TextExpert
from hearsight.experts.word_vectors import WordVectors
from hearsight.util.registry import Registry

Factory = TypeVar("Factory", bound=Callable[[], TextExpert])

EXPERTS: Registry[Callable[[], TextExpert]] = Registry("expert", {WordVectors.name: WordVectors})
DEFAULT = (WordVectors.name,)  # of a library


def register_expert(name: str) -> Callable[[Factory], Factory]:
    """Return a decorator that registers an expert's factory: a class, or a function that returns one.

        @hearsight.register_expert("mine")
        class MyVectors: ...

    See `TextExpert` for what it returns. The name becomes a part of file names. Raises HearsightError for one that
    cannot, and for that of one of Hearsight's own experts.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise HearsightError(f"cannot register the expert '{name}': a name is of small letters, digits, - and _")
    return EXPERTS.register(name)


@cache
def load_expert(name: str) -> TextExpert:
    """Return the expert of a name, loaded once. Raises HearsightError for an unknown name."""
    return EXPERTS.get(name)()
