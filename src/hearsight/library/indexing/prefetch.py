"""Run an iterator in a thread, ahead of the code that reads it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class End:
    """The end of the items. error: the exception that ended them, if any."""

    error: BaseException | None = None


def prefetch(items: Iterator[T], depth: int, timeout: float) -> Generator[T | None, None, None]:
    """Yield items that a thread of its own produces, at most `depth` of them ahead.

    Yields None whenever no item has arrived for `timeout` seconds, so that the caller can handle the items it has.
    Exceptions of the iterator are raised here. Closing the generator stops the thread at its next item.
    """
    ready: queue.Queue[T | End] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(item: T | End) -> None:
        while not stopped.is_set():
            try:
                return ready.put(item, timeout=0.1)
            except queue.Full:
                continue

    def produce() -> None:
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    return
        except BaseException as error:
            put(End(error))
        else:
            put(End())

    thread = threading.Thread(target=produce, name="reader", daemon=True)
    thread.start()
    try:
        while True:
            try:
                item = ready.get(timeout=timeout)
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
