"""A stand-in for a collection. Kept apart from the tests because helper processes import it: it imports no torch."""

import os
import signal
import time

from hearsight.errors import HearsightError


class Tasks:
    """Stands for a collection; its methods are tasks of a pool."""

    def process_id(self) -> int:
        """Return the process that runs the task, after a short while."""
        time.sleep(0.05)
        return os.getpid()

    def echo(self, number: int) -> int:
        return number

    def refuse(self) -> None:
        raise HearsightError("nothing to look for")

    def kill(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def fail(self) -> None:
        raise UnpicklableError("a", "b")

    def unpicklable_answer(self) -> "UnpicklableAnswer":
        return UnpicklableAnswer()


class UnpicklableError(Exception):
    """An error that can be sent to another process but not read there."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first)


class UnpicklableAnswer:
    """An answer that can be sent to another process but not read there."""

    def __reduce__(self):
        return UnpicklableError, ("a",)


class Unopenable:
    """Stands for a collection that cannot be opened."""

    def __init__(self) -> None:
        raise HearsightError("damaged")
