"""Running an iterator ahead of its reader, in a thread."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class End:
    error: BaseException | None = None


def prefetch(items: Iterator[T], depth: int, patience: float) -> Generator[T | None, None, None]:
    """The items, made in a thread of their own that is at most `depth` ahead.

    None is yielded whenever nothing has come for `patience` seconds, so that the reader can put what it has in order.
    What the iterator raises is raised here. Closing the generator stops the thread at its next item.
    """
    ready: queue.Queue[T | End] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: T | End) -> None:
        while not stopped.is_set():
            try:
                return ready.put(item, timeout=0.1)
            except queue.Full:
                continue

    def make() -> None:
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    return
        except BaseException as error:
            put(End(error))
        else:
            put(End())

    thread = threading.Thread(target=make, name="reader", daemon=True)
    thread.start()
    try:
        while True:
            try:
                item = ready.get(timeout=patience)
            except queue.Empty:
                yield None
                continue
            if isinstance(item, End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        stopped.set()
        thread.join(timeout=1.0)
