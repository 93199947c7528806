"""Computes in several processes, if there is enough to do."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def parallel_map(
    compute: Callable[[Item], Result], items: Sequence[Item], workers: int, chunk: int
) -> Generator[Result]:
    """Yield the results for items, in order.

    workers: the most processes that compute. Each takes a chunk of the items at a time, and seconds to start: what one
    process would compute alone is computed in this one. compute: a function that can be pickled.
    """
    workers = min(workers, -(-len(items) // chunk))
    if workers <= 1:
        yield from map(compute, items)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(compute, items, chunksize=chunk)
