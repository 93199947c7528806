"""The bank of neutral queries: what people ask of videos anywhere, of sights, sounds and speech.

A score means little by itself: one clip is near to every query, another to none, and models differ in scale. So the
scores of a query are compared with those of the bank. Source of the idea: QB-Norm (Bogolin et al., CVPR 2022).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hearsight.util.atomic import atomic_file
from hearsight.util.user_cache import user_cache

BATCH = 64
Encode = Callable[[Sequence[str]], NDArray[np.float32]]


@cache
def neutral_queries() -> tuple[str, ...]:
    """Return the queries of the bank, some four hundred."""
    text = files("hearsight.experts").joinpath("neutral_queries.txt").read_text("utf-8")
    return tuple(text.splitlines())


@cache
def bank_fingerprint() -> str:
    """Return a short hash of the bank: statistics of another bank are not comparable."""
    return sha256("\n".join(neutral_queries()).encode()).hexdigest()[:12]


def neutral_vectors(encode: Encode, width: int, fingerprint: str) -> NDArray[np.float32]:
    """Return the vectors of the bank, (Q, width), by a model or a text expert.

    encode: makes vectors of queries. fingerprint: of the model or expert; the user's cache keeps the vectors under it.
    """
    queries = neutral_queries()
    file = _cache_file(fingerprint)
    cached = None if file is None else _read(file, (len(queries), width))
    if cached is not None:
        return cached
    vectors = np.concatenate([encode(queries[i : i + BATCH]) for i in range(0, len(queries), BATCH)])
    if file is not None:
        with suppress(OSError):  # it is computed again
            file.parent.mkdir(parents=True, exist_ok=True)
            with atomic_file(file) as part, part.open("wb") as out:
                np.save(out, vectors)
    return vectors


def _cache_file(fingerprint: str) -> Path | None:
    """Return where the vectors of a model are kept; None without a home folder, and for what is no fingerprint."""
    if not re.fullmatch(r"[0-9a-f]{12}", fingerprint):  # it is read from library.json, which may be a stranger's
        return None
    with suppress(RuntimeError):
        return user_cache("neutral") / f"{fingerprint}-{bank_fingerprint()}.npy"
    return None


def _read(file: Path, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    try:
        vectors: NDArray[np.float32] = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return vectors if vectors.shape == shape and vectors.dtype == np.float32 and np.isfinite(vectors).all() else None
